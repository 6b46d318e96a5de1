"""Before and after a change: what it saved per unit of work, and what to roll back."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.analysers.models import upgrade_review
from netra.domain.optimization.composition import worth_alone
from netra.domain.optimization.model import Gap, Goals, Stance, never_stop
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.study import study_of
from netra.domain.optimization.supply_config import RouteRule
from netra.domain.workloads.columns import instant_of
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
Price = Callable[..., Tariff]
CHANGE_S = 10_000


def changed(
    call: Call, template: str, *, before: str, after: str, longer: float = 1.0, **more: object
) -> list[Event]:
    """Return 50 calls on one model and 100 on another, after the change, with answers `longer` times as long.

    Each call is a session.
    """
    early = [
        call(n, before, (1000, 100 + n % 7), template=template, session=f"{template}-{n}") for n in range(50)
    ]
    size = [int((100 + n % 7) * longer) for n in range(100)]
    late = [
        call(CHANGE_S + n, after, (1000, size[n]), template=template, session=f"{template}+{n}", **more)
        for n in range(100)
    ]
    return [*early, *late]


def sided(call: Call, *, before: dict[str, object], after: dict[str, object], calls: int = 50) -> list[Event]:
    """Return equally many calls before and after, each a session, with the fields of their side.

    A field that is a function gives the field of the call of that number.
    """
    made: list[Event] = []
    for begin, side in ((0, before), (CHANGE_S, after)):
        for n in range(calls):
            fields = {name: value(n) if callable(value) else value for name, value in side.items()}
            made.append(call(begin + n, session=f"s{begin + n}", template="t", **fields))
    return made


def reviewed(study: Make, calls: list[Event], *tariffs: Tariff) -> tuple[Study, list[Finding | Gap]]:
    begin = study(calls, *tariffs)
    at = instant_of(int(begin.events.at_ns[0])) + timedelta(seconds=CHANGE_S)
    log = study(calls, *tariffs, goals=Goals(change_at=at))
    return log, list(upgrade_review.analyse(log, checkpoint=never_stop))


def test_a_cheaper_model_was_worth_it(study: Make, call: Call, tariff: Price) -> None:
    calls = changed(call, "t", before="big", after="small")
    _, (found,) = reviewed(study, calls, tariff(), tariff("small", usd=0.5e-6))
    assert isinstance(found, Finding)
    assert found.action.startswith("The change was worth it")
    change = found.inputs.change
    halved = sum(500e-6 + (100 + n % 7) * 2e-6 for n in range(100))  # the same tokens at half the price
    assert change.mechanical_usd == pytest.approx(halved)
    assert change.ruling == "worth_it"
    assert change.low < change.mechanical_usd + change.behavioural_usd < change.high
    (moved,) = change.adopted
    assert (moved.what, moved.earlier, moved.later, moved.calls) == ("model", "big", "small", 100)


def test_more_calls_are_no_loss_and_fewer_no_saving(study: Make, call: Call, tariff: Price) -> None:
    _, (found,) = reviewed(study, changed(call, "t", before="big", after="big"), tariff())
    assert isinstance(found, Finding)
    change = found.inputs.change
    assert (change.ruling, change.mechanical_usd) == ("no_difference", 0)
    assert change.reasons[0] == "No model, price or use of caching changed at that instant."
    assert "no difference" in found.action


def test_what_got_dearer_is_rolled_back_and_what_got_cheaper_stays(
    study: Make, call: Call, tariff: Price
) -> None:
    calls = [
        *changed(call, "good", before="big", after="small"),
        *changed(call, "bad", before="big", after="huge", longer=2.0),
    ]
    log, said = reviewed(study, calls, tariff(), tariff("small", usd=0.5e-6), tariff("huge", usd=2e-6))
    review, back = said
    assert isinstance(review, Finding)
    assert isinstance(back, Finding)
    assert {row.group: row.roll_back for row in review.inputs.groups} == {"good": False, "bad": True}
    assert back.stance is Stance.DO
    assert list(msgspec.to_builtins(back.supply.route_rules)) == [
        {"match": "bad", "to": "big", "provider": "acme"}
    ]
    earlier = sum(1000e-6 + round(int((100 + n % 7) * 2.0) * 0.5) * 4e-6 for n in range(100))
    now = sum(2000e-6 + int((100 + n % 7) * 2.0) * 8e-6 for n in range(100))
    assert worth_alone(log, back).saved_usd == pytest.approx(now - earlier, rel=1e-2)


def test_worse_answers_are_rolled_back_after_an_evaluation(study: Make, call: Call, tariff: Price) -> None:
    calls = sided(
        call,
        before={"accepted": lambda n: n % 25 != 0},
        after={"model": "small", "accepted": lambda n: n % 2 == 0},
    )
    _, (review, back) = reviewed(study, calls, tariff(), tariff("small", usd=0.5e-6))
    assert isinstance(review, Finding)
    assert isinstance(back, Finding)
    assert back.stance is Stance.EVALUATE
    assert "50.0 % of its answers are accepted against 96.0 %" in back.impact
    assert (review.inputs.groups[0].cost, review.inputs.groups[0].quality) == ("worth_it", "worse")


def test_worse_answers_of_an_unchanged_model_are_not_rolled_back(
    study: Make, call: Call, tariff: Price
) -> None:
    calls = sided(call, before={"accepted": lambda n: n % 25 != 0}, after={"accepted": lambda n: n % 2 == 0})
    _, (review,) = reviewed(study, calls, tariff())
    assert isinstance(review, Finding)
    assert review.inputs.groups[0].quality == "worse"


def test_answers_that_are_too_few_to_compare_are_not_called_worse(
    study: Make, call: Call, tariff: Price
) -> None:
    early = [call(n, template="t", accepted=n < 48) for n in range(50)]  # no sessions, and under a quarter of
    late = [call(CHANGE_S + n, "small", template="t", accepted=n < 50) for n in range(100)]  # an hour a side
    _, (review,) = reviewed(study, [*early, *late], tariff(), tariff("small", usd=0.5e-6))
    assert isinstance(review, Finding)
    assert review.inputs.groups[0].quality == "cannot_tell"
    assert review.inputs.change.ruling == "worth_it"  # half the price for the same tokens
    assert review.inputs.change.behavioural_usd is None
    assert "30 on each side are needed" in review.impact


@pytest.mark.parametrize(("before", "after"), [("old", "new"), ("new", "old")])
def test_a_model_of_unknown_price_is_no_free_one(
    study: Make, call: Call, tariff: Price, before: str, after: str
) -> None:
    calls = [
        *[call(n, before, template="t") for n in range(50)],
        *[call(CHANGE_S + n, after, template="t") for n in range(50)],
    ]
    _, (gap,) = reviewed(study, calls, tariff("old"))
    assert isinstance(gap, Gap)
    assert gap.missing == ("a price of new",)
    assert "t" in gap.reason


@pytest.mark.parametrize(("before", "after"), [("old", "new"), ("new", "old")])
def test_answers_and_latencies_are_compared_without_a_price(
    study: Make, call: Call, tariff: Price, before: str, after: str
) -> None:
    early = [call(n, before, template="t", accepted=True, latency_ms=100.0) for n in range(50)]
    late = [call(CHANGE_S + n, after, template="t", accepted=True, latency_ms=50.0) for n in range(50)]
    _, (review, gap) = reviewed(study, [*early, *late], tariff("old"))
    assert isinstance(review, Finding)
    assert isinstance(gap, Gap)
    assert (review.inputs.change.ruling, review.inputs.saved_usd) == ("cannot_tell", None)
    assert "cost is unknown" in review.action
    assert "100.0 % of its answers are accepted against 100.0 %" in review.impact
    assert "50 ms against 100 ms" in review.impact


def test_kinds_of_known_price_are_compared_beside_one_of_unknown_price(
    study: Make, call: Call, tariff: Price
) -> None:
    calls = [
        *changed(call, "t", before="big", after="small"),
        *changed(call, "u", before="big", after="new"),
    ]
    _, (review, gap) = reviewed(study, calls, tariff(), tariff("small", usd=0.5e-6))
    assert isinstance(review, Finding)
    assert isinstance(gap, Gap)
    assert review.inputs.change.share == pytest.approx(0.5, abs=0.01)
    assert "100 calls of t moved from big to small" in review.impact
    assert "100 calls of u moved from big to a model of unknown price." in review.impact
    assert gap.missing == ("a price of new",)


@pytest.mark.parametrize(("before", "after"), [("old", "new"), ("new", "old"), ("new", "newer")])
def test_worse_answers_at_an_unknown_price_are_told_without_money(
    study: Make, call: Call, tariff: Price, before: str, after: str
) -> None:
    calls = sided(
        call,
        before={"model": before, "accepted": True},
        after={"model": after, "tokens": (1000, 200), "accepted": False},
    )
    log, (_, back, _) = reviewed(study, calls, tariff("old"))
    assert isinstance(back, Finding)
    assert back.stance is Stance.EVALUATE
    back_to_old = RouteRule(match="t", to="old", provider="acme")
    assert back.supply.route_rules == ((back_to_old,) if before == "old" else ())
    assert "What that saves is unknown" in back.impact
    worth = worth_alone(log, back)
    assert (worth.saved_usd, worth.touched_calls) == (0, 0)


def test_dearer_but_better_answers_stay(study: Make, call: Call, tariff: Price) -> None:
    calls = sided(call, before={"accepted": lambda n: n % 5 == 0}, after={"model": "huge", "accepted": True})
    _, (review,) = reviewed(study, calls, tariff(), tariff("huge", usd=2e-6))
    assert isinstance(review, Finding)
    assert (review.inputs.groups[0].cost, review.inputs.groups[0].quality) == ("not_worth_it", "better")


def test_few_calls_are_too_early_to_judge(study: Make, call: Call, tariff: Price) -> None:
    calls = [call(0, template="t"), call(CHANGE_S, "small", template="t")]
    _, (found,) = reviewed(study, calls, tariff(), tariff("small", usd=0.5e-6))
    assert isinstance(found, Finding)
    assert "cannot be decided" in found.action
    assert found.inputs.change.reasons[0] == (
        "Of 1 kind of call some use another model since then, in too few calls to tell a change from chance."
    )


def test_latency_is_shown_on_both_sides(study: Make, call: Call, tariff: Price) -> None:
    calls = [
        *[call(n, latency_ms=100.0) for n in range(40)],
        *[call(CHANGE_S + n, latency_ms=50.0) for n in range(40)],
    ]
    _, (found,) = reviewed(study, calls, tariff())
    assert isinstance(found, Finding)
    row = found.inputs.groups[0]
    assert (row.before.latency_ms_p50, row.after.latency_ms_p99) == (100.0, 50.0)


def test_latencies_on_one_side_only_are_not_made_up(study: Make, call: Call, tariff: Price) -> None:
    calls = [*[call(n) for n in range(40)], *[call(CHANGE_S + n, latency_ms=50.0) for n in range(40)]]
    _, (found,) = reviewed(study, calls, tariff())
    assert isinstance(found, Finding)
    assert found.inputs.groups[0].before.latency_ms_p50 is None


def test_groups_on_one_side_only_are_named_and_left_out(study: Make, call: Call, tariff: Price) -> None:
    calls = [
        *changed(call, "t", before="big", after="big"),
        call(1, template="gone"),
        call(CHANGE_S, template="new"),
    ]
    _, (found,) = reviewed(study, calls, tariff())
    assert isinstance(found, Finding)
    assert (found.inputs.only_before, found.inputs.only_after) == (("gone",), ("new",))


def test_a_kind_that_was_only_turned_away_is_on_neither_side(study: Make, call: Call, tariff: Price) -> None:
    refused = [call(at, tokens=(1000, 0), template="refused", status="429") for at in (1, CHANGE_S)]
    _, (found,) = reviewed(study, [*changed(call, "t", before="big", after="big"), *refused], tariff())
    assert isinstance(found, Finding)
    assert (found.inputs.only_before, found.inputs.only_after) == ((), ())


def test_nothing_in_common_is_a_gap(study: Make, call: Call, tariff: Price) -> None:
    _, (gap,) = reviewed(study, [call(0, template="a"), call(CHANGE_S, template="b")], tariff())
    assert isinstance(gap, Gap)
    assert "No kind of call occurs on both sides" in gap.reason


@pytest.mark.parametrize(("days", "side"), [(-1, "before"), (9, "after")])
def test_calls_on_one_side_of_the_change_only_are_a_gap(
    study: Make, call: Call, days: int, side: str
) -> None:
    at = instant_of(int(study([call()]).events.at_ns[0])) + timedelta(days=days)
    (gap,) = upgrade_review.analyse(study([call()], goals=Goals(change_at=at)), checkpoint=never_stop)
    assert isinstance(gap, Gap)
    assert gap.missing == (f"calls from {side} the change",)


def test_without_a_change_nothing_is_compared(study: Make, call: Call) -> None:
    assert upgrade_review.analyse(study([call()]), checkpoint=never_stop) == ()


def test_calls_turned_away_after_the_change_make_it_no_cheaper(
    study: Make, call: Call, tariff: Price
) -> None:
    refused = [call(CHANGE_S + n, tokens=(1000, 0), template="t", status="429") for n in range(100)]
    calls = [*changed(call, "t", before="big", after="big"), *refused]
    _, (found,) = reviewed(study, calls, tariff())
    assert isinstance(found, Finding)
    assert (found.inputs.change.ruling, found.inputs.change.after.calls) == ("cannot_tell", 100)
    assert found.inputs.change.after.failed_share == 0.5
    assert "50.0 % of its calls fail against 0.0 %" in found.impact


def test_free_calls_have_no_share(study: Make, call: Call, tariff: Price) -> None:
    calls = [call(0, tokens=(0, 0)), call(CHANGE_S, tokens=(0, 0))]
    _, (found,) = reviewed(study, calls, tariff())
    assert isinstance(found, Finding)
    assert found.inputs.change.share is None


def test_a_model_that_only_refused_is_nothing_to_go_back_to(study: Make, call: Call, tariff: Price) -> None:
    served = changed(call, "t", before="small", after="mid")
    refused = [call(n, "big", (1000, 0), template="t", status="429") for n in range(60)]
    late = [call(CHANGE_S + n, "mid", (1000, 0), template="t", status="429") for n in range(5)]
    prices = (tariff("small", usd=1e-6), tariff("mid", usd=2e-6), tariff("big", usd=10e-6))
    log, told = reviewed(study, [*served, *refused, *late], *prices)
    (back,) = [one for one in told if isinstance(one, Finding) and one.action == "Roll back t"]
    assert [route.to for route in back.supply.route_rules] == ["small"]
    assert worth_alone(log, back).saved_usd > 0
    assert back.inputs.calls == 100


def test_a_difference_that_is_smaller_than_those_without_a_change_cannot_be_told(
    study: Make, call: Call, tariff: Price
) -> None:
    calls = sided(
        call,
        before={"tokens": lambda n: (1000, 100 + 400 * (n // 5 % 2))},
        after={"model": "small", "tokens": lambda n: (1000, 100 + 400 * (n // 5 % 2))},
    )
    _, (found,) = reviewed(study, calls, tariff(), tariff("small", usd=0.99e-6))
    assert isinstance(found, Finding)
    assert found.action == "Whether the change was worth it cannot be decided from this log"
    assert "a longer log or a hold-out group would tell" in found.impact


def test_a_price_that_changed_is_said_as_one(study: Make, call: Call, tariff: Price) -> None:
    calls = sided(call, before={"model": "big"}, after={"model": "big-later"})
    raised = msgspec.structs.replace(tariff("big", usd=2e-6))
    log = study(calls, tariff())
    prices = PriceList(tariffs={"big": tariff(), "big-later": raised})
    at = instant_of(int(log.events.at_ns[0])) + timedelta(seconds=CHANGE_S)
    priced = study_of(log.events, goals=Goals(change_at=at), prices=prices, hardware=log.hardware)
    review, back = upgrade_review.analyse(priced, checkpoint=never_stop)
    assert isinstance(review, Finding)
    assert isinstance(back, Finding)
    assert "The price of big changed for 50 calls of t" in review.impact


def test_caching_that_was_switched_on_is_said(study: Make, call: Call, tariff: Price) -> None:
    calls = sided(call, before={"cached_input_tokens": 0}, after={"cached_input_tokens": 900})
    _, (review,) = reviewed(study, calls, tariff())
    assert isinstance(review, Finding)
    # 900 tokens at a tenth of $1 a million in each of 50 calls: 50 x 900 x $0.9 a million
    assert "50 calls of t began to use the cache and cost $0.04 less" in review.impact
