"""Conversations that grow, policies of compaction by hand, and the sizes from which all tokens cost more."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.optimization.conftest import make_call, make_study, make_tariff

from netra.domain.optimization.analysers.context import context_growth
from netra.domain.optimization.analysers.context.compaction import POLICIES, Policy, applied, compacted
from netra.domain.optimization.analysers.context.conversations import conversations_of
from netra.domain.optimization.analysers.evidence import saved_by_call_usd
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.model import Grade, Stance, never_stop
from netra.domain.optimization.pricing import Rate
from netra.domain.optimization.traffic import call_usd
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]


def findings(study: Study) -> list[Finding]:
    return [one for one in context_growth.analyse(study, checkpoint=never_stop) if isinstance(one, Finding)]


def agent(call: Call, sizes: list[int], *, session: str = "s", written: bool = True) -> list[Event]:
    """Return the calls of an agent whose prompt is cached but for what is new."""
    calls: list[Event] = []
    before = 0
    for number, size in enumerate(sizes):
        read = min(before, size)
        fields: dict[str, Any] = {"cached_input_tokens": read, "session": session}
        if written:
            fields["cache_write_tokens"] = size - read
        calls.append(call(60.0 * number, tokens=(size, 100), **fields))
        before = size
    return calls


GROWING = [10_000 * n for n in range(1, 31)]


def test_a_policy_by_hand(study: Make, call: Call, tariff: Callable[..., Any]) -> None:
    log = study(
        agent(call, [10_000, 60_000, 70_000, 80_000]), tariff(cache_write=Rate(usd_per_token=1.25e-6))
    )
    talks = conversations_of(log.events)
    assert talks is not None
    found = compacted(log.traffic, talks, Policy(trigger=50_000, keep=5_000))
    assert found.cut.tolist() == [0, 0, 45_000, 45_000]
    assert found.triggers.tolist() == [False, False, True, False]
    # the third call: 10,000 first, 5,000 kept, 10,000 new, and 60,000 read to be summarised
    assert found.input_tokens.tolist() == [10_000, 60_000, 85_000, 35_000]
    assert found.cached_input_tokens.tolist() == [0, 10_000, 70_000, 25_000]
    assert found.cache_write_tokens.tolist() == [10_000, 50_000, 15_000, 10_000]
    assert found.output_tokens.tolist() == [100, 100, 5_100, 100]


def test_a_conversation_that_the_log_cut_itself_begins_anew(study: Make, call: Call) -> None:
    log = study(agent(call, [10_000, 60_000, 70_000, 20_000, 60_000, 90_000]))
    talks = conversations_of(log.events)
    assert talks is not None
    found = compacted(log.traffic, talks, Policy(trigger=50_000, keep=5_000))
    assert found.cut.tolist() == [0, 0, 45_000, 0, 0, 35_000]
    small = compacted(log.traffic, talks, Policy(trigger=50_000, keep=80_000))
    assert not small.touched.any()


def test_without_a_cache_the_old_prompt_is_paid_in_full(study: Make, call: Call) -> None:
    calls = [
        call(60.0 * n, tokens=(size, 100), session="s") for n, size in enumerate([10_000, 60_000, 70_000])
    ]
    log = study(calls)
    talks = conversations_of(log.events)
    assert talks is not None
    found = compacted(log.traffic, talks, Policy(trigger=50_000, keep=5_000))
    assert found.cached_input_tokens.tolist() == [0, 0, 0]
    assert found.cache_write_tokens.tolist() == [0, 0, 0]
    assert found.input_tokens.tolist() == [10_000, 60_000, 85_000]


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(1, 300_000), st.floats(0, 1), st.floats(0, 1)),
        max_size=30,
    ),
    st.sampled_from(POLICIES),
)
def test_tokens_cut_never_exceed_those_of_the_calls_and_the_change_is_sound_and_idempotent(
    steps: list[tuple[str, int, float, float]], policy: Policy
) -> None:
    calls = [
        make_call(
            60.0 * n,
            tokens=(size, 10),
            session=session,
            cached_input_tokens=int(read * size),
            cache_write_tokens=int((size - int(read * size)) * written),
        )
        for n, (session, size, read, written) in enumerate(steps)
    ]
    log = make_study(
        [*calls, make_call(0, session="a")], make_tariff(cache_write=Rate(usd_per_token=1.25e-6))
    )
    talks = conversations_of(log.events)
    assert talks is not None
    found = compacted(log.traffic, talks, policy)
    assert (found.cut >= 0).all()
    assert (found.cut < log.traffic.input_tokens).all()
    after = applied(log.traffic, found)
    assert (after.cached_input_tokens + after.cache_write_tokens <= after.input_tokens).all()
    assert (after.cached_input_tokens >= 0).all()
    again = applied(after, found)
    assert call_usd(again).tolist() == call_usd(after).tolist()
    untouched = ~found.touched
    assert call_usd(after)[untouched].tolist() == log.now_usd[untouched].tolist()


def test_the_best_policy_is_advised_for_evaluation_with_its_dollars(study: Make, call: Call) -> None:
    log = study([one for name in "abc" for one in agent(call, GROWING, session=name, written=False)])
    (found,) = findings(log)
    inputs = found.inputs
    assert (found.stance, found.grade) == (Stance.EVALUATE, Grade.JUDGEMENT)
    assert inputs.conversations == 3
    assert inputs.growing_share == 1.0
    assert inputs.static_share + inputs.repeated_share + inputs.new_share == pytest.approx(1.0)
    assert inputs.static_share == pytest.approx(29 * 10_000 / sum(GROWING))
    best = max(inputs.policies, key=lambda row: row.saved_usd_in_window)
    assert f"Compact conversations at {best.trigger_tokens:,} tokens to {best.keep_tokens:,}" in found.action
    assert found.change is not None
    assert float(saved_by_call_usd(log, found.change).sum()) == pytest.approx(best.saved_usd_in_window)
    assert len(inputs.policies) == len(POLICIES)


def test_short_conversations_and_logs_without_sessions_have_nothing_to_compact(
    study: Make, call: Call
) -> None:
    assert findings(study([call(at) for at in range(9)])) == []
    assert findings(study(agent(call, [1_000, 300_000, 300_100]))) == []
    assert findings(study(agent(call, [1_000, 2_000, 3_000, 4_000]))) == []


def test_calls_beyond_a_cliff_are_counted_with_what_they_paid_more(
    study: Make, call: Call, tariff: Callable[..., Any]
) -> None:
    dear = Rate(usd_per_token=1e-6, tiers=((100_000, 2e-6),))
    calls = [call(at, tokens=(size, 0)) for at, size in enumerate([90_000, 110_000, 200_000])]
    flat = call(9, "small", (500_000, 0))
    (found,) = findings(study([*calls, flat], tariff(input=dear), tariff("small")))
    (cliff,) = found.inputs.cliffs
    assert (cliff.model, cliff.above_tokens, cliff.calls, cliff.calls_just_over) == ("big", 100_000, 2, 1)
    assert cliff.extra_usd_in_window == pytest.approx(0.31)
    assert (found.grade, found.evidence.rows) == (Grade.EXACT, 2)
    assert findings(study(calls[:1], tariff(input=dear))) == []


def test_long_chats_are_replayed_in_bounded_time(study: Make, call: Call) -> None:
    sizes = np.arange(1, 2_001) * 100
    log = study(agent(call, sizes.tolist()))
    talks = conversations_of(log.events)
    assert talks is not None
    found = compacted(log.traffic, talks, POLICIES[0])
    assert 0 < int(found.triggers.sum()) < 10
