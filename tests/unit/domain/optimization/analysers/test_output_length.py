"""Caps on the length of answers."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from netra.domain.optimization.analysers import output_length
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.composition import worth_alone
from netra.domain.optimization.model import Gap, Goals, Stance, never_stop
from netra.domain.optimization.supply_config import NO_SETTINGS
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]


def said(study: Study) -> tuple[Finding | Gap, ...]:
    return output_length.analyse(study, checkpoint=never_stop)


def only(study: Study) -> Finding:
    (found,) = said(study)
    assert isinstance(found, Finding)
    return found


def test_a_cap_cuts_the_tail_and_names_its_share(study: Make, call: Call) -> None:
    log = study([call(n, tokens=(0, 100 if n else 5000), template="answer") for n in range(200)])
    found = only(log)
    assert list(msgspec.to_builtins(found.supply.output_caps)) == [
        {"by": "template", "match": "answer", "max_output_tokens": 128}
    ]
    assert found.inputs.truncated_share == pytest.approx(1 / 200)
    worth = worth_alone(log, found)
    assert worth.saved_usd == pytest.approx((5000 - 128) * 4e-6)
    assert worth.low_usd == 0
    assert found.stance is Stance.EVALUATE


def test_each_kind_of_call_gets_its_own_cap(study: Make, call: Call) -> None:
    short = [call(n, tokens=(0, 100 if n else 5000), template="short") for n in range(100)]
    long = [call(n, tokens=(0, 1000 if n else 9000), template="long") for n in range(100)]
    caps = only(study([*short, *long])).supply.output_caps
    assert {cap.match: cap.max_output_tokens for cap in caps} == {"short": 128, "long": 1024}


def test_a_small_group_has_no_tail_to_cut(study: Make, call: Call) -> None:
    assert said(study([call(n, tokens=(0, 100 if n else 5000)) for n in range(99)])) == ()


def test_answers_of_one_length_leave_nothing_to_cut(study: Make, call: Call) -> None:
    assert said(study([call(n) for n in range(200)])) == ()


def test_a_cap_that_saves_next_to_nothing_is_only_told(study: Make, call: Call) -> None:
    found = only(study([call(n, tokens=(100_000, 100 if n else 200)) for n in range(200)]))
    assert (found.stance, found.supply, found.steps) == (Stance.INFORM, NO_SETTINGS, ())


def test_caps_in_force_and_reasoning_are_reported(study: Make, call: Call) -> None:
    calls = [
        call(
            n, tokens=(0, 100 if n else 5000), max_output_tokens=100 if n == 1 else None, reasoning_tokens=50
        )
        for n in range(200)
    ]
    inputs = only(study(calls)).inputs
    assert (inputs.calls_with_a_cap, inputs.calls_that_reached_it) == (1, 1)
    assert inputs.reasoning_share_of_output == pytest.approx(200 * 50 / (199 * 100 + 5000))


def test_no_more_than_the_allowed_share_is_cut() -> None:
    lengths = np.random.default_rng(7).geometric(0.01, 5000)
    cap = output_length.cap_for(lengths, truncated_share=0.01)
    assert (lengths > cap).mean() <= 0.01
    assert (lengths > cap - output_length.STEP_TOKENS).mean() > 0.01


def test_an_empty_answer_still_gets_a_cap() -> None:
    assert output_length.cap_for(np.zeros(10, np.int64), truncated_share=0.01) == 64


def test_what_was_refused_is_no_short_answer(study: Make, call: Call) -> None:
    lengths = [100] * 90 + [4_000] * 10
    refused = [call(n, tokens=(0, 0), template="t", status="429") for n in range(900)]
    assert not said(
        study([*refused, *(call(n, tokens=(0, long), template="t") for n, long in enumerate(lengths))])
    )


def test_the_share_that_is_cut_is_of_the_answers(study: Make, call: Call) -> None:
    refused = [call(n, tokens=(0, 0), template="t", status="429") for n in range(200)]
    answers = [call(n, tokens=(0, 100 if n else 5000), template="t") for n in range(200)]
    found = only(study([*refused, *answers]))
    assert found.inputs.truncated_share == pytest.approx(1 / 200)
    assert [row.calls for row in found.inputs.groups] == [200]


def test_after_a_change_a_cap_is_that_of_the_answers_since(study: Make, call: Call) -> None:
    lengths = [100] * 9_900 + [2_000] * 100 + [9_000]
    calls = [call(60 * n, tokens=(0, long), template="t") for n, long in enumerate(lengths)]
    log = study(calls, goals=Goals(change_at=calls[9_900].timestamp))
    found = only(log)
    assert list(msgspec.to_builtins(found.supply.output_caps)) == [
        {"by": "template", "match": "t", "max_output_tokens": 2_048}
    ]
    assert (found.inputs.calls, found.inputs.truncated_calls) == (101, 1)
    assert "since the change" in found.impact
    assert worth_alone(log, found).saved_usd == pytest.approx((9_000 - 2_048) * 4e-6)
