"""Other models: what the same calls would cost, and what their answers must be worth."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.analysers.models import right_sizing
from netra.domain.optimization.composition import compose, worth_alone
from netra.domain.optimization.model import Gap, Goals, Grade, Stance, never_stop
from netra.domain.optimization.pricing import Tariff
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
Price = Callable[..., Tariff]


def said(study: Study) -> list[Finding | Gap]:
    return list(right_sizing.analyse(study, checkpoint=never_stop))


def only(study: Study) -> Finding:
    (found,) = said(study)
    assert isinstance(found, Finding)
    return found


def test_the_break_even_accept_rate_is_weak_over_strong(study: Make, call: Call, tariff: Price) -> None:
    log = study([call(template="t"), call(1, template="u")], candidates=[tariff("small", usd=0.25e-6)])
    found = only(log)
    assert (found.stance, found.grade) == (Stance.EVALUATE, Grade.JUDGEMENT)
    assert found.inputs.break_even_accept_rate == pytest.approx(0.25)
    assert [row.break_even_accept_rate for row in found.inputs.groups] == pytest.approx([0.25, 0.25])
    assert worth_alone(log, found).saved_usd == pytest.approx(0.75 * 2.8e-3)
    assert worth_alone(log, found).low_usd == 0


def test_the_work_can_be_stopped_before_each_model(study: Make, call: Call, tariff: Price) -> None:
    log = study([call()], candidates=[tariff(f"m{n}", usd=0.1e-6 * (n + 1)) for n in range(8)])
    heard: list[str] = []
    right_sizing.analyse(log, checkpoint=lambda _, doing: heard.append(doing))
    assert heard.count("Pricing the calls on other models") == 1 + 8


def test_the_smallest_and_the_largest_step_at_the_same_provider_are_proposed(
    study: Make, call: Call, tariff: Price
) -> None:
    candidates = [
        tariff("tiny", usd=0.1e-6),
        tariff("middle", usd=0.5e-6),
        tariff("inner", usd=0.3e-6),
        tariff("sliver", usd=0.9e-6),
        tariff("foreign", usd=0.6e-6, provider="else"),
        tariff("dearer", usd=9e-6),
        tariff("big"),
    ]
    found = [one for one in said(study([call()], candidates=candidates)) if isinstance(one, Finding)]
    assert [one.inputs.model for one in found] == ["middle", "tiny"]
    priced = {row.model for row in found[0].inputs.candidates}
    assert priced == {"tiny", "middle", "inner", "sliver", "foreign"}


def test_another_provider_is_proposed_where_the_own_has_nothing(
    study: Make, call: Call, tariff: Price
) -> None:
    found = only(study([call()], candidates=[tariff("foreign", usd=0.5e-6, provider="else")]))
    assert found.inputs.provider == "else"


def test_nothing_is_proposed_for_a_fifth_of_the_bill_or_less(study: Make, call: Call, tariff: Price) -> None:
    assert said(study([call()], candidates=[tariff("sliver", usd=0.9e-6)])) == []


def test_calls_that_do_not_fit_the_context_stay(study: Make, call: Call, tariff: Price) -> None:
    small = tariff("small", usd=1e-7, context_window_tokens=1200)
    log = study([call(tokens=(1000, 100)), call(1, tokens=(2000, 100))], candidates=[small])
    assert (only(log).inputs.calls, only(log).inputs.calls_that_stay) == (1, 1)


def test_a_named_model_is_answered_even_when_it_is_dearer(study: Make, call: Call, tariff: Price) -> None:
    log = study([call()], goals=Goals(models=("HUGE",)), candidates=[tariff("huge", usd=2e-6)])
    found = only(log)
    assert found.stance is Stance.AVOID
    assert worth_alone(log, found).saved_usd == pytest.approx(-1.4e-3)
    assert compose(log, [found], checkpoint=never_stop).plan == ()


def test_a_named_model_that_is_cheaper_is_proposed(study: Make, call: Call, tariff: Price) -> None:
    log = study([call()], goals=Goals(models=("small",)), candidates=[tariff("small", usd=0.9e-6)])
    assert only(log).stance is Stance.EVALUATE


def test_the_present_model_named_changes_nothing(study: Make, call: Call) -> None:
    assert only(study([call()], goals=Goals(models=("big",)))).stance is Stance.INFORM


def test_an_unknown_named_model_is_a_gap(study: Make, call: Call) -> None:
    (gap,) = said(study([call()], goals=Goals(models=("gpt-99",))))
    assert isinstance(gap, Gap)
    assert "gpt-99" in gap.reason


def test_free_calls_have_nothing_to_break_even_with(study: Make, call: Call, tariff: Price) -> None:
    log = study([call(tokens=(0, 0))], goals=Goals(models=("small",)), candidates=[tariff("small", usd=1e-7)])
    found = only(log)
    assert (found.inputs.break_even_accept_rate, found.inputs.groups) == (1.0, ())


def test_a_log_of_unknown_models_only_is_passed_over(study: Make, call: Call, tariff: Price) -> None:
    assert said(study([call(model="mystery")], candidates=[tariff("small", usd=1e-7)])) == []


def outcomes(call: Call, model: str, *, good: int, of: int, template: str = "t") -> list[Event]:
    return [call(n, model, template=template, accepted=n < good) for n in range(of)]


def test_outcomes_that_prove_the_cheaper_model_as_good_move_its_calls(
    study: Make, call: Call, tariff: Price
) -> None:
    calls = [*outcomes(call, "big", good=900, of=1000), *outcomes(call, "small", good=950, of=1000)]
    log = study(
        [*calls, call(5000, template="t"), call(5001, model="mystery")], tariff(), tariff("small", usd=1e-7)
    )
    found = only(log)
    assert (found.stance, found.grade) == (Stance.DO, Grade.MODEL)
    (row,) = found.inputs.moves
    assert (row.from_model, row.to, row.calls) == ("big", "small", 1001)
    assert row.accept_rate_to == pytest.approx(0.95)
    assert worth_alone(log, found).saved_usd == pytest.approx(0.9 * 1001 * 1.4e-3)
    assert list(msgspec.to_builtins(found.supply.route_rules)) == [
        {"by": "template", "match": "t", "from": "big", "to": "small"}
    ]


@pytest.mark.parametrize(("good", "of"), [(900, 1000), (48, 49)])
def test_worse_or_too_few_outcomes_move_nothing(
    study: Make, call: Call, tariff: Price, good: int, of: int
) -> None:
    calls = [*outcomes(call, "big", good=950, of=1000), *outcomes(call, "small", good=good, of=of)]
    assert said(study(calls, tariff(), tariff("small", usd=1e-7))) == []


def test_the_dearer_model_is_never_the_target(study: Make, call: Call, tariff: Price) -> None:
    calls = [*outcomes(call, "big", good=1000, of=1000), *outcomes(call, "small", good=100, of=1000)]
    assert said(study(calls, tariff(), tariff("small", usd=1e-7))) == []


def test_only_the_kinds_that_are_proven_move(study: Make, call: Call, tariff: Price) -> None:
    calls = [
        *outcomes(call, "big", good=900, of=1000, template="easy"),
        *outcomes(call, "small", good=950, of=1000, template="easy"),
        *outcomes(call, "big", good=900, of=1000, template="hard"),
        *outcomes(call, "small", good=400, of=1000, template="hard"),
    ]
    log = study(calls, tariff(), tariff("small", usd=1e-7))
    assert [row.match for row in only(log).inputs.moves] == ["easy"]
    assert worth_alone(log, only(log)).touched_calls == 1000


def test_a_refused_call_says_nothing_of_how_often_answers_are_accepted(
    study: Make, call: Call, tariff: Price
) -> None:
    refused = [call(n, template="t", tokens=(1000, 0), accepted=False, status="429") for n in range(60)]
    answered = [*outcomes(call, "big", good=59, of=60), *outcomes(call, "small", good=78, of=120)]
    assert said(study([*refused, *answered], tariff(), tariff("small", usd=1e-7))) == []


def test_refused_calls_are_none_of_those_that_move(study: Make, call: Call, tariff: Price) -> None:
    refused = [call(n, template="t", tokens=(1000, 0), status="429") for n in range(60)]
    answered = [*outcomes(call, "big", good=900, of=1000), *outcomes(call, "small", good=950, of=1000)]
    found = only(study([*refused, *answered], tariff(), tariff("small", usd=1e-7)))
    assert [row.calls for row in found.inputs.moves] == [1000]
    assert found.evidence.rows == 1000


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param([("big", 0)] * 10 + [("mystery", 0)] * 90, id="others have no known price"),
        pytest.param([("big", 900)] * 10, id="most input is cached"),
    ],
)
def test_a_cheaper_model_is_found_beside_what_makes_the_bill_small(
    study: Make, call: Call, tariff: Price, calls: list[tuple[str, int]]
) -> None:
    made = [call(n, model, (1000, 10), cached_input_tokens=cached) for n, (model, cached) in enumerate(calls)]
    found = only(study(made, tariff(), candidates=[tariff("small", usd=0.4e-6)]))
    assert found.inputs.model == "small"
    assert found.inputs.break_even_accept_rate == pytest.approx(0.4)


@pytest.mark.parametrize(("before", "after", "pays"), [(1e-6, 10e-6, True), (10e-6, 1e-6, False)])
@pytest.mark.parametrize("split_by", [None, "tool"])
def test_after_a_change_a_model_is_held_against_what_is_paid_since(
    study: Make, call: Call, tariff: Price, before: float, after: float, pays: bool, split_by: Any
) -> None:
    calls = [call(864.0 * n, "old" if n < 900 else "new", (1_000_000, 0), tool="t") for n in range(1_000)]
    goals = Goals(models=("mid",), change_at=calls[900].timestamp, split_by=split_by)
    prices = (tariff("old", usd=before), tariff("new", usd=after))
    log = study(calls, *prices, goals=goals, candidates=[tariff("mid", usd=3e-6)])
    found = only(log)
    assert found.stance is (Stance.EVALUATE if pays else Stance.AVOID)
    assert (worth_alone(log, found).monthly.saved_usd > 0) is pays
    assert found.inputs.calls == 100
    assert "since the change" in found.impact


def test_a_named_model_is_no_advice_where_no_call_could_move(study: Make, call: Call, tariff: Price) -> None:
    refused = call(tokens=(1000, 0), status="429")
    (gap,) = said(study([refused], goals=Goals(models=("small",)), candidates=[tariff("small", usd=1e-7)]))
    assert isinstance(gap, Gap)
    assert gap.missing == ("calls that fit small",)


def test_a_named_model_that_serves_all_calls_since_the_change_is_nothing_to_move_to(
    study: Make, call: Call, tariff: Price
) -> None:
    calls = [call(60 * n, "old" if n < 5 else "new", (1_000_000, 0)) for n in range(10)]
    goals = Goals(models=("new",), change_at=calls[5].timestamp)
    found = only(study(calls, tariff("old", usd=2e-6), tariff("new"), goals=goals))
    assert (found.stance, found.change) == (Stance.INFORM, None)
    assert found.action.startswith("Nothing is left to move to new")
    assert found.impact == "5 calls on it cost $5.00 since the change."
