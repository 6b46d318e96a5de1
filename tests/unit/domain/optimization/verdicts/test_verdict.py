"""Verdicts on changes of generated logs whose effect is known."""

from collections.abc import Callable

import numpy as np
import pytest

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.model import Goals
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.study import study_of
from netra.domain.optimization.verdicts.verdict import Verdict, verdict_of
from netra.domain.workloads.columns import Labels, columns_of
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
Price = Callable[..., Tariff]
CHANGE_S = 100_000


def ruled(study: Study) -> Verdict:
    events = study.events
    groups = events.template or Labels(codes=np.zeros(len(events), np.int32), names=("all",))
    change_ns = int(study.events.at_ns[0]) + CHANGE_S * 10**9
    return verdict_of(events, study.traffic, study.now_usd, groups=groups, change_ns=change_ns)


def log(
    call: Call, *, sessions: int = 80, seed: int = 1, later: Callable[[int], dict[str, object]] | None = None
) -> list[Event]:
    """Return sessions of one to five calls on each side, whose answers vary in length."""
    rng = np.random.default_rng(seed)
    made: list[Event] = []
    for begin, side in ((0, 0), (CHANGE_S, 1)):
        for number in range(sessions):
            for turn in range(int(rng.integers(1, 6))):
                fields: dict[str, object] = {"tokens": (1000 + 100 * turn, int(rng.integers(50, 150)))}
                fields |= later(number) if side and later else {}
                second = begin + number * CHANGE_S / sessions + turn
                made.append(call(second, session=f"{side}-{number}", **fields))
    return made


def test_nothing_changed_is_a_finding(study: Make, call: Call) -> None:
    change = ruled(study(log(call))).change
    assert change.reasons[0] == "No model, price or use of caching changed at that instant."
    assert (change.mechanical_usd, change.adopted, change.is_unchanged) == (0.0, (), True)
    assert change.ruling == "no_difference"


def test_a_fifth_of_the_calls_on_a_cheaper_model_is_priced_exactly(
    study: Make, call: Call, tariff: Price
) -> None:
    calls = log(call, later=lambda number: {"model": "small" if number % 5 == 0 else "big"})
    priced = study(calls, tariff(), tariff("small", usd=0.5e-6))
    moved = [one for one in calls if one.model == "small"]
    halved = sum(one.input_tokens * 0.5e-6 + one.output_tokens * 2e-6 for one in moved)
    change = ruled(priced).change
    assert change.mechanical_usd == pytest.approx(halved)
    assert [(one.what, one.calls) for one in change.adopted] == [("model", len(moved))]


def test_a_canary_before_the_change_is_not_what_was_used(study: Make, call: Call, tariff: Price) -> None:
    early = [call(n * 1000, "small" if n == 50 else "big", session=f"e{n}") for n in range(100)]
    late = [call(CHANGE_S + n * 1000, "small", session=f"l{n}") for n in range(100)]
    (moved,) = ruled(study([*early, *late], tariff(), tariff("small", usd=0.5e-6))).change.adopted
    assert (moved.earlier, moved.later, moved.calls) == ("big", "small", 100)


def test_a_model_that_is_used_on_both_sides_is_no_change(study: Make, call: Call, tariff: Price) -> None:
    calls = [call(n * 1000, "small" if n % 3 == 0 else "big", session=f"s{n}") for n in range(200)]
    assert ruled(study(calls, tariff(), tariff("small", usd=0.5e-6))).change.is_unchanged


def test_a_model_of_one_session_in_thirty_is_too_rare_to_tell(study: Make, call: Call, tariff: Price) -> None:
    calls = [call(n * 3000, "small" if n == 60 else "big", session=f"s{n}") for n in range(67)]
    change = ruled(study(calls, tariff(), tariff("small", usd=0.5e-6))).change
    assert (change.adopted, change.is_unchanged) == ((), False)
    assert "too few calls to tell a change from chance" in change.reasons[0]


def test_a_price_that_changed_is_named_as_one(call: Call, tariff: Price) -> None:
    calls = log(call, later=lambda _: {"model": "big-later"})
    prices = PriceList(tariffs={"big": tariff(), "big-later": tariff("big", usd=2e-6)})
    no_hardware = Hardware(gpus=(), models=())
    change = ruled(study_of(columns_of(calls), goals=Goals(), prices=prices, hardware=no_hardware)).change
    late = [one for one in calls if one.model == "big-later"]
    assert [(one.what, one.later) for one in change.adopted] == [("price", "big")]
    assert change.ruling == "not_worth_it"
    doubled = sum(one.input_tokens * 1e-6 + one.output_tokens * 4e-6 for one in late)
    assert change.mechanical_usd == pytest.approx(-doubled)


def test_caching_that_was_switched_on_is_priced_against_none(study: Make, call: Call) -> None:
    # 900 of the input tokens read at a tenth of $1 a million: $0.00081 a call
    calls = [
        *[call(n * 1000, session=f"e{n}", cached_input_tokens=0) for n in range(100)],
        *[call(CHANGE_S + n * 1000, session=f"l{n}", cached_input_tokens=900) for n in range(100)],
    ]
    change = ruled(study(calls)).change
    assert change.mechanical_usd == pytest.approx(100 * 900 * 0.9e-6)
    assert [(one.what, one.earlier, one.later) for one in change.adopted] == [
        ("caching", "big without a cache", "big with a cache")
    ]
    assert change.ruling == "worth_it"


def test_a_model_and_its_cache_adopted_together_add_up(study: Make, call: Call, tariff: Price) -> None:
    calls = [
        *[call(n * 1000, session=f"e{n}", cached_input_tokens=0) for n in range(100)],
        *[call(CHANGE_S + n * 1000, "small", session=f"l{n}", cached_input_tokens=900) for n in range(100)],
    ]
    change = ruled(study(calls, tariff(), tariff("small", usd=0.5e-6))).change
    assert [one.what for one in change.adopted] == ["model", "caching"]
    assert sum(one.saved_usd or 0.0 for one in change.adopted) == pytest.approx(change.mechanical_usd)
    assert change.mechanical_usd == pytest.approx(100 * (1.4e-3 - (50e-6 + 45e-6 + 200e-6)))


def test_caching_of_a_log_that_was_silent_before_is_not_called_new(study: Make, call: Call) -> None:
    calls = [
        *[call(n * 1000, session=f"e{n}") for n in range(100)],
        *[call(CHANGE_S + n * 1000, session=f"l{n}", cached_input_tokens=900) for n in range(100)],
    ]
    assert ruled(study(calls)).change.adopted == ()


def test_another_providers_tokens_are_not_taken_as_the_same(study: Make, call: Call, tariff: Price) -> None:
    calls = log(call, later=lambda _: {"model": "other"})
    change = ruled(study(calls, tariff(), tariff("other", usd=0.9e-6, provider="else"))).change
    assert change.ruling == "cannot_tell"
    assert "count tokens differently" in change.reasons[-1]


def test_answers_half_as_long_are_worth_it_without_any_model_that_changed(study: Make, call: Call) -> None:
    calls = log(call, sessions=160, later=lambda _: {"tokens": (1000, 20)})
    change = ruled(study(calls)).change
    assert change.is_unchanged
    assert change.ruling == "worth_it"
    # 80 output tokens fewer at $4 a million, for about 480 calls
    late = change.after.calls if change.after else 0
    assert change.behavioural_usd == pytest.approx(late * 80 * 4e-6, rel=0.15)
    assert change.low <= late * 80 * 4e-6 <= change.high


def test_longer_inputs_alone_are_no_effect_of_the_change(study: Make, call: Call) -> None:
    rng = np.random.default_rng(5)
    calls = [
        call(
            n * 1000,
            tokens=(int(rng.integers(500, 1500) * (1 if n < 100 else 1.5)), 100),
            session=f"s{n}",
        )
        for n in range(200)
    ]
    change = ruled(study(calls)).change
    assert change.behavioural_usd == pytest.approx(0.0, abs=1e-9)


def test_a_log_that_drifts_without_a_change_is_not_ruled_on(study: Make, call: Call) -> None:
    rng = np.random.default_rng(2)
    length = 100 + np.cumsum(rng.normal(0, 12, 400))
    calls = [call(n * 500, tokens=(1000, max(int(length[n]), 1)), session=f"s{n}") for n in range(400)]
    assert ruled(study(calls)).change.ruling in {"no_difference", "cannot_tell"}


def test_a_day_without_sessions_is_compared_by_quarters_of_an_hour(study: Make, call: Call) -> None:
    calls = [call(n * 300, tokens=(1000, 100 + n % 5)) for n in range(660)]
    found = ruled(study(calls)).change
    assert found.behavioural_usd is not None
    assert found.ruling == "no_difference"


def test_hours_of_the_day_are_no_effect(study: Make, call: Call) -> None:
    # answers are twice as long by day, and the change comes at noon of the ninth day
    calls = [
        call(
            n * 600 - 5 * 86_400 + CHANGE_S - CHANGE_S % 86_400,
            tokens=(1000, 200 if 8 <= n // 6 % 24 < 20 else 100),
        )
        for n in range(6 * 24 * 12)
    ]
    events = study(calls)
    groups = Labels(codes=np.zeros(len(calls), np.int32), names=("all",))
    change_ns = int(events.events.at_ns[0]) + int(8.5 * 86_400) * 10**9
    found = verdict_of(events.events, events.traffic, events.now_usd, groups=groups, change_ns=change_ns)
    assert found.change.behavioural_usd == pytest.approx(0.0, abs=1e-9)


def test_weekdays_are_told_apart_from_four_weeks_on(study: Make, call: Call) -> None:
    calls = [call(n * 1800, tokens=(1000, 300 if n // 48 % 7 in {5, 6} else 100)) for n in range(48 * 42)]
    events = study(calls)
    groups = Labels(codes=np.zeros(len(calls), np.int32), names=("all",))
    change_ns = int(events.events.at_ns[0]) + 33 * 86_400 * 10**9
    found = verdict_of(events.events, events.traffic, events.now_usd, groups=groups, change_ns=change_ns)
    assert found.change.behavioural_usd == pytest.approx(0.0, abs=1e-9)


def test_a_gap_of_kinds_next_to_the_change_cannot_be_compared(study: Make, call: Call) -> None:
    early = [call(n * 1000, template="a" if n < 20 else "b", session=f"e{n}") for n in range(100)]
    late = [call(CHANGE_S + n * 1000, template="a", session=f"l{n}") for n in range(100)]
    found = ruled(study([*early, *late]))
    assert found.change.behavioural_usd is None
    assert "too few calls lie next to the change" in found.change.reasons[-1]
    assert found.only_before == ("b",)
