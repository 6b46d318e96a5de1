"""Prompts that repeat word for word."""

from collections.abc import Callable

import pytest

from netra.domain.optimization.analysers import exact_duplicates
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.composition import worth_alone
from netra.domain.optimization.model import Gap, Goals, Grade, never_stop
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
DAY_S = 86_400


def said(study: Study) -> tuple[Finding | Gap, ...]:
    return exact_duplicates.analyse(study, checkpoint=never_stop)


def only(study: Study) -> Finding:
    (found,) = said(study)
    assert isinstance(found, Finding)
    return found


def test_every_repeat_of_an_answered_prompt_is_saved(study: Make, call: Call) -> None:
    log = study(
        [
            call(0, prompt_hash="a"),
            call(1, prompt_hash="b"),
            call(2, prompt_hash="a"),
            call(3, prompt_hash="a"),
        ]
    )
    found = only(log)
    assert worth_alone(log, found).saved_usd == pytest.approx(2 * 1.4e-3)
    assert found.evidence.sample_events == ("#3", "#4")


def test_a_prompt_whose_answer_failed_must_be_sent_again(study: Make, call: Call) -> None:
    log = study(
        [
            call(0, prompt_hash="a", status="error"),
            call(1, prompt_hash="a", status="ok"),
            call(2, prompt_hash="a"),
        ]
    )
    assert exact_duplicates.answered_before(log).tolist() == [-1, -1, 1]


def test_a_repeat_that_was_refused_and_never_paid_saves_nothing(study: Make, call: Call) -> None:
    log = study([call(0, prompt_hash="a"), call(1, tokens=(1000, 0), prompt_hash="a", status="429")])
    assert said(log) == ()


def test_a_call_of_unknown_outcome_answers_no_repeat(study: Make, call: Call) -> None:
    log = study([call(0, prompt_hash="a", status="fine"), call(1, prompt_hash="a", status="ok")])
    assert said(log) == ()


def test_calls_side_by_side_have_no_answer_to_take(study: Make, call: Call) -> None:
    together = [call(0, prompt_hash="a", latency_ms=10_000.0) for _ in range(5)]
    assert said(study(together)) == ()
    early = call(9.9, prompt_hash="a", latency_ms=10_000.0)
    assert said(study([*together, early])) == ()
    found = only(study([*together, call(11, prompt_hash="a", latency_ms=10_000.0)]))
    assert (found.inputs.repeated_calls, found.grade) == (1, Grade.EXACT)


def test_the_answer_that_came_last_is_the_one_kept(study: Make, call: Call) -> None:
    log = study(
        [
            call(0, prompt_hash="a", latency_ms=1_000.0),
            call(1, prompt_hash="a", latency_ms=60_000.0),
            call(1, prompt_hash="b", latency_ms=10.0),
            call(5, prompt_hash="a", latency_ms=1_000.0),
            call(70, prompt_hash="a", latency_ms=1_000.0),
        ]
    )
    assert exact_duplicates.answered_before(log).tolist() == [-1, 0, -1, 0, 1]


def test_without_latencies_a_repeat_is_taken_to_come_after_the_answer_and_that_is_said(
    study: Make, call: Call
) -> None:
    assert said(study([call(0, prompt_hash="a") for _ in range(3)])) == ()
    found = only(study([call(0, prompt_hash="a"), call(0.001, prompt_hash="a", latency_ms=5.0)]))
    assert (found.inputs.repeated_calls, found.grade) == (1, Grade.REPLAY)
    assert found.inputs.repeats_of_unknown_latency == 1
    assert any("latency_ms" in one for one in found.assumptions)


def test_an_answer_is_kept_for_a_day(study: Make, call: Call) -> None:
    late = study([call(0, prompt_hash="a"), call(DAY_S + 1, prompt_hash="a")])
    assert said(late) == ()
    assert only(study([call(0, prompt_hash="a"), call(DAY_S, prompt_hash="a")])).inputs.repeated_calls == 1


def test_other_times_are_shown_beside_it(study: Make, call: Call) -> None:
    log = study([call(0, prompt_hash="a"), call(400, prompt_hash="a"), call(2 * DAY_S, prompt_hash="a")])
    rows = {row.kept_s: row.calls for row in only(log).inputs.by_time_kept}
    assert rows == {300: 0, 3600: 1, DAY_S: 1, None: 2}


def test_semantic_caching_is_only_ever_bounded(study: Make, call: Call) -> None:
    log = study([call(n, prompt_hash="a", template="t" if n else None) for n in range(4)])
    bound = only(log).inputs.semantic_caching_at_most_usd_in_window
    assert bound == pytest.approx(2 * 1.4e-3)


def test_prefix_chains_tell_equal_prompts_too(study: Make, call: Call) -> None:
    log = study([call(n, tokens=(1024, 0), prefix_hashes=[1, 2]) for n in range(2)])
    assert only(log).inputs.repeated_calls == 1


def test_without_hashes_the_gap_is_named(study: Make, call: Call) -> None:
    (gap,) = said(study([call()]))
    assert isinstance(gap, Gap)
    assert gap.missing == ("prompt_hash",)


def test_repeats_that_ended_with_a_change_are_nothing_to_answer_from_a_store(study: Make, call: Call) -> None:
    calls = [call(60 * n, prompt_hash="a" if n < 5 else str(n)) for n in range(10)]
    assert said(study(calls, goals=Goals(change_at=calls[5].timestamp))) == ()
    found = only(study(calls, goals=Goals(change_at=calls[3].timestamp)))
    assert (found.inputs.calls, found.inputs.repeated_calls) == (7, 2)
    assert found.inputs.repeated_share == pytest.approx(2 / 7)
    assert "since the change" in found.impact
