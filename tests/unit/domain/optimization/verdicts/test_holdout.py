"""A change judged by its hold-out test: the arms at the same time, clustered, and what the log must hold."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.verdicts.verdict import Verdict, verdict_of
from netra.domain.workloads.columns import Labels
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
Price = Callable[..., Tariff]
CHANGE_S = 100_000
IN, OUT = 1e-6, 4e-6  # dollars a token of the tariff `big`


def ruled(study: Study) -> Verdict:
    events = study.events
    groups = events.template or Labels(codes=np.zeros(len(events), np.int32), names=("all",))
    change_ns = int(events.at_ns[0]) + CHANGE_S * 10**9
    return verdict_of(events, study.traffic, study.now_usd, groups=groups, change_ns=change_ns)


def trial(
    call: Call,
    *,
    sessions: int = 100,
    effect: float = 1.0,
    drift: float = 1.0,
    name: Callable[[int], dict[str, object]] = lambda number: {"session": f"s{number}"},
    later: Callable[[bool, int], dict[str, object]] = lambda treated, number: {},
    test: bool = True,
) -> list[Event]:
    """Return calls before a change, and two arms after it; answers of the second are `effect` as long.

    Since the change all answers are `drift` as long, which is not the change's doing.
    """
    rng = np.random.default_rng(3)
    made: list[Event] = []
    for number in range(2 * sessions):
        is_late, treated = number >= sessions, number % 2 == 1
        for turn in range(3):
            length = (
                rng.integers(80, 120) * (drift if is_late else 1) * (effect if is_late and treated else 1)
            )
            fields: dict[str, object] = {"tokens": (1000, int(length)), **name(number)}
            if is_late:
                fields |= {"variant": "treatment" if treated else "control"} if test else {}
                fields |= later(treated, number)
            made.append(call(number * CHANGE_S / sessions + turn, **fields))
    return made


def test_arms_of_a_test_find_what_drift_hides(study: Make, call: Call) -> None:
    """All answers grow by half at the same time; the treated ones are a fifth shorter than the others."""
    calls = trial(call, effect=0.8, drift=1.5)
    change = ruled(study(calls)).change
    late = [one for one in calls if one.variant]
    arms = [[one.output_tokens for one in late if one.variant == arm] for arm in ("control", "treatment")]
    saved = (np.mean(arms[0]) - np.mean(arms[1])) * OUT * len(arms[1])
    assert change.behavioural_usd == pytest.approx(saved)
    assert (change.ruling, change.mechanical_usd) == ("worth_it", 0.0)
    assert change.low is not None
    assert change.high is not None
    assert change.low < saved < change.high
    assert any("50 sessions of control against 50 of treatment" in reason for reason in change.reasons)
    cost = sum(1000 * IN + length * OUT for length in arms[1])
    assert change.share == pytest.approx(saved / cost)


def test_without_the_test_the_same_log_claims_no_saving(study: Make, call: Call) -> None:
    change = ruled(study(trial(call, effect=0.8, drift=1.5, test=False))).change
    assert change.ruling != "worth_it"
    assert not any("hold-out test decides" in reason for reason in change.reasons)


def test_equal_arms_show_no_difference(study: Make, call: Call) -> None:
    change = ruled(study(trial(call, drift=1.5))).change
    assert change.ruling == "no_difference"
    assert change.reasons[-1] == "The arms differ no more than by chance."


def test_the_price_of_the_treated_arm_is_exact_and_the_lengths_are_the_arms(
    study: Make, call: Call, tariff: Price
) -> None:
    """The treated calls are served by a model of half the price that writes a quarter more."""
    calls = trial(call, effect=1.25, later=lambda treated, _: {"model": "small" if treated else "big"})
    verdict = ruled(study(calls, tariff(), tariff("small", usd=0.5e-6)))
    treated = [one for one in calls if one.variant == "treatment"]
    control = [one.output_tokens for one in calls if one.variant == "control"]
    halved = sum(one.input_tokens * IN / 2 + one.output_tokens * OUT / 2 for one in treated)
    longer = (np.mean(control) - np.mean([one.output_tokens for one in treated])) * OUT * len(treated)
    assert verdict.change.mechanical_usd == pytest.approx(halved)
    assert verdict.change.behavioural_usd == pytest.approx(longer)
    assert verdict.change.ruling == "worth_it"
    (kind,) = verdict.kinds
    assert kind.money.behavioural_usd == pytest.approx(longer)


def test_the_arms_answers_are_compared_as_well(study: Make, call: Call) -> None:
    """Nine in ten answers of control are accepted, and half of the treated ones."""
    calls = trial(
        call, later=lambda treated, number: {"accepted": number % 4 == 1 if treated else number % 20 != 0}
    )
    (kind,) = ruled(study(calls)).kinds
    assert kind.accept_rate_change_95 is not None
    low, high = kind.accept_rate_change_95
    assert low < 0.5 - 0.9 < high
    assert kind.quality == "worse"


def test_small_arms_decide_nothing_and_say_so(study: Make, call: Call) -> None:
    calls = trial(
        call, later=lambda treated, number: {"variant": "control" if number >= 110 else "treatment"}
    )
    reasons = ruled(study(calls)).change.reasons
    assert any(
        reason.startswith(
            "Its hold-out test does not decide: the hold-out test has 90 sessions of control and 10"
        )
        for reason in reasons
    )


def test_a_test_of_one_arm_is_none(study: Make, call: Call) -> None:
    reasons = ruled(study(trial(call, later=lambda treated, number: {"variant": "treatment"}))).change.reasons
    assert not any("hold-out test" in reason for reason in reasons if "would tell" not in reason)


def test_clients_are_compared_where_the_log_names_no_sessions(study: Make, call: Call) -> None:
    calls = trial(call, name=lambda number: {"labels": {"team": "a", "customer": f"c{number % 80}"}})
    reasons = ruled(study(calls)).change.reasons
    assert any("40 clients of control against 40 of treatment" in reason for reason in reasons)


def test_quarters_of_an_hour_are_compared_where_it_names_neither(study: Make, call: Call) -> None:
    reasons = ruled(study(trial(call, name=lambda number: {}))).change.reasons
    assert any("blocks of 15 min of control against" in reason for reason in reasons)


def test_arms_without_a_kind_of_call_in_common_decide_nothing(study: Make, call: Call) -> None:
    late = trial(call, later=lambda treated, number: {"template": "new" if treated else "old"})
    calls = [one if one.template else msgspec.structs.replace(one, template="old") for one in late]
    reasons = ruled(study(calls)).change.reasons
    assert any("share no kind of call" in reason for reason in reasons)


def test_a_kind_that_few_sessions_make_has_no_effect_of_its_own(study: Make, call: Call) -> None:
    calls = [
        one if one.template else call_with(one)
        for one in trial(
            call, later=lambda treated, number: {"template": "rare" if number % 10 < 2 else "usual"}
        )
    ]
    kinds = {kind.group: kind for kind in ruled(study(calls)).kinds}
    assert kinds["usual"].money.behavioural_usd is not None
    assert kinds["rare"].money.behavioural_usd is None


def call_with(one: Event) -> Event:
    """Return an earlier call with one of the two templates."""
    return msgspec.structs.replace(one, template="rare" if int(str(one.session)[1:]) % 10 < 2 else "usual")
