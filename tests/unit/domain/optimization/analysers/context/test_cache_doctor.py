"""Why the prompt cache missed: every token of the input bill has a cause, and seeded causes are found."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.optimization.analysers.context import cache_doctor
from netra.domain.optimization.analysers.context.cache_causes import CAUSES, Parts, parts_of
from netra.domain.optimization.analysers.context.conversations import conversations_of, shared_blocks_with
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.model import Gap, Grade, never_stop
from netra.domain.optimization.pricing import Rate
from netra.domain.optimization.traffic import call_usd
from netra.domain.workloads.columns import Prefixes, columns_of
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
BLOCK = 512


def diagnosis(study: Study) -> Finding:
    (found,) = cache_doctor.analyse(study, checkpoint=never_stop)
    assert isinstance(found, Finding)
    return found


def chat(call: Call, at: float, chain: list[int], *, read: int, **fields: Any) -> Event:
    """Return a call whose prompt is whole blocks."""
    given = {"session": "s", "cached_input_tokens": read, "prefix_block_tokens": BLOCK}
    return call(at, tokens=(BLOCK * len(chain), 10), prefix_hashes=chain, **(given | fields))


def cause_of(parts: Parts, place: int) -> str:
    """Return the cause of most missed tokens of a call; "none" where nothing is missed."""
    missed = {cause: int(tokens[place]) for cause, tokens in parts.missed.items()}
    most = max(missed, key=lambda cause: missed[cause])
    return most if missed[most] else "none"


LONG = list(range(1, 21))


@pytest.mark.parametrize(
    ("second", "expected", "tokens"),
    [
        ({"at": 10, "chain": [*LONG, 21], "read": 20 * BLOCK}, "none", 0),
        ({"at": 10, "chain": [*LONG, 21], "read": 0}, "not_cached", 20 * BLOCK),
        ({"at": 400, "chain": [*LONG, 21], "read": 0}, "lapse", 20 * BLOCK),
        ({"at": 10, "chain": [*LONG, 21], "read": 0, "model": "small"}, "switch", 20 * BLOCK),
        ({"at": 10, "chain": [1, *range(101, 121)], "read": BLOCK}, "early_divergence", 19 * BLOCK),
        (
            {"at": 10, "chain": [*LONG[:10], *range(101, 112)], "read": 10 * BLOCK},
            "late_divergence",
            10 * BLOCK,
        ),
        ({"at": 10, "chain": [1, 2, 3, 4, *range(101, 106)], "read": 4 * BLOCK}, "compaction", 5 * BLOCK),
    ],
)
def test_each_cause_is_told_from_the_prefixes(
    study: Make, call: Call, tariff: Callable[..., Any], second: dict[str, Any], expected: str, tokens: int
) -> None:
    log = study([chat(call, 0, LONG, read=0), chat(call, **second)], tariff("big"), tariff("small"))
    parts = parts_of(log)
    assert parts is not None
    assert cause_of(parts, 0) == "none"
    assert parts.new[0] == 20 * BLOCK
    assert cause_of(parts, 1) == expected
    assert sum(int(missed[1]) for missed in parts.missed.values()) == tokens


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({"second": 10, "tokens": (21_000, 10), "cached_input_tokens": 19_500}, "none"),
        ({"second": 400, "tokens": (21_000, 10), "cached_input_tokens": 5_000}, "lapse"),
        ({"second": 10, "tokens": (21_000, 10), "cached_input_tokens": 0, "model": "small"}, "switch"),
        ({"second": 10, "tokens": (21_000, 10), "cached_input_tokens": 500}, "early_divergence"),
        ({"second": 10, "tokens": (21_000, 10), "cached_input_tokens": 9_000}, "late_divergence"),
        ({"second": 10, "tokens": (9_000, 10), "cached_input_tokens": 4_000}, "compaction"),
    ],
)
def test_each_cause_is_told_from_the_session_alone(
    study: Make, call: Call, tariff: Callable[..., Any], second: dict[str, Any], expected: str
) -> None:
    first = call(0, tokens=(20_000, 10), cached_input_tokens=0, session="s")
    warm = [
        call(at, model, (20_000, 10), cached_input_tokens=20_000, session="other")
        for model in ("big", "small")
        for at in (0,)
    ]
    log = study([first, *warm, call(**({"session": "s"} | second))], tariff("big"), tariff("small"))
    parts = parts_of(log)
    assert parts is not None
    assert cause_of(parts, 3) == expected


def test_a_model_that_never_reads_a_cache_was_never_asked_to(study: Make, call: Call) -> None:
    log = study([call(at, tokens=(20_000, 10), cached_input_tokens=0, session="s") for at in (0, 10)])
    parts = parts_of(log)
    assert parts is not None
    assert cause_of(parts, 1) == "not_cached"


def test_prompts_written_for_an_hour_do_not_lapse_within_it(
    study: Make, call: Call, tariff: Callable[..., Any]
) -> None:
    hour = {"cache_write_tokens": 20_000, "cache_write_1h_tokens": 20_000, "session": "s"}
    rows = [
        call(0, tokens=(20_000, 10), cached_input_tokens=0, **hour),
        call(1_800, tokens=(20_000, 10), cached_input_tokens=5_000, session="s"),
        call(9_000, tokens=(20_000, 10), cached_input_tokens=5_000, session="s"),
    ]
    parts = parts_of(study(rows, tariff("big", cache_write=Rate(usd_per_token=1.25e-6))))
    assert parts is not None
    assert [cause_of(parts, place) for place in (1, 2)] == ["late_divergence", "lapse"]


def test_sub_agents_of_a_session_have_contexts_of_their_own(call: Call) -> None:
    rows = [
        call(0, session="s", template="main"),
        call(1, session="s", template="subagent", labels={"agent": "1"}),
        call(2, session="s", template="main"),
        call(3, session="s", template="subagent", labels={"agent": "2"}),
        call(4, session="s", template="subagent", labels={"agent": "1"}),
        call(5),
        call(6),
    ]
    found = conversations_of(columns_of(rows))
    assert found is not None
    assert found.previous.tolist() == [-1, -1, 0, -1, 1, -1, -1]
    assert found.first[found.number].tolist() == [0, 1, 0, 3, 1, 5, 6]
    assert conversations_of(columns_of([call(0)])) is None


def test_prompts_without_blocks_share_none() -> None:
    empty = Prefixes(
        hashes=np.array([1]), offsets=np.array([0, 1, 1]), block_tokens=np.array([1, 1], np.int32)
    )
    assert shared_blocks_with(empty, np.array([-1, 0])).tolist() == [0, 0]


step = st.fixed_dictionaries(
    {
        "at": st.integers(0, 2_000),
        "chain": st.lists(st.integers(1, 4), min_size=1, max_size=6),
        "share": st.floats(0, 1),
        "model": st.sampled_from(["big", "small", "unknown"]),
        "session": st.sampled_from(["a", "b", None]),
        "has_hashes": st.just(True),
    }
)


@given(st.lists(step, min_size=1, max_size=12), st.booleans())
def test_the_parts_are_the_input_and_the_dollars_are_the_bill_whatever_the_log(
    steps: list[dict[str, Any]], has_hashes: bool
) -> None:
    from tests.unit.domain.optimization.conftest import make_call, make_study, make_tariff

    write = Rate(usd_per_token=1.25e-6)
    tiers = Rate(usd_per_token=1e-6, tiers=((1_500, 2e-6),))
    calls = [
        make_call(
            one["at"],
            one["model"],
            (BLOCK * len(one["chain"]), 10),
            session=one["session"],
            cached_input_tokens=int(one["share"] * BLOCK * len(one["chain"])),
            prefix_hashes=one["chain"] if has_hashes else None,
        )
        for one in steps
    ]
    log = make_study(calls, make_tariff("big", input=tiers, cache_write=write), make_tariff("small"))
    parts = parts_of(log)
    if parts is None:
        assert all(one["session"] is None for one in steps)
        return
    total = parts.read + parts.new + sum(parts.missed.values())
    assert total.tolist() == log.events.input_tokens.tolist()
    assert all((tokens >= 0).all() for tokens in (parts.read, parts.new, *parts.missed.values()))
    bill = cache_doctor.bill_of(log)
    others = parts.new + sum(parts.missed.values())
    assert bill.read_usd + others * bill.per_token_usd == pytest.approx(bill.input_usd, rel=1e-12)
    for found in cache_doctor.analyse(log, checkpoint=never_stop):
        if isinstance(found, Finding):
            inputs = found.inputs
            paid = sum(row.paid_usd_in_window for row in inputs.causes)
            whole = inputs.read_usd_in_window + paid + inputs.new_usd_in_window
            assert whole == pytest.approx(inputs.input_usd_in_window, rel=1e-12)


def test_the_input_bill_is_that_of_the_log_without_its_output(
    study: Make, call: Call, tariff: Callable[..., Any]
) -> None:
    free = tariff("big", output=Rate(usd_per_token=0.0))
    log = study([chat(call, 0, LONG, read=0), chat(call, 10, LONG, read=5_000)], free)
    assert cache_doctor.bill_of(log).input_usd.sum() == pytest.approx(call_usd(log.traffic).sum(), rel=1e-12)


def test_the_largest_cause_is_named_with_its_dollars_and_the_place_of_the_difference(
    study: Make, call: Call
) -> None:
    rows = [
        chat(
            call, 10 * n, [1, 1_000 + 20 * n, *range(2_000 + 20 * n, 2_018 + 20 * n)], read=BLOCK if n else 0
        )
        for n in range(40)
    ]
    found = diagnosis(study(rows))
    inputs = found.inputs
    assert found.grade is Grade.REPLAY
    assert "behind the instructions" in found.action
    (first, *_) = inputs.causes
    missed = 39 * 19 * BLOCK
    assert (first.cause, first.calls, first.tokens) == ("early_divergence", 39, missed)
    assert first.avoidable_usd_in_window == pytest.approx(missed * 0.9e-6)
    assert first.avoidable_usd_per_month is None
    assert [(row.group, row.block, row.calls) for row in inputs.first_differences] == [("all calls", 1, 39)]
    assert found.evidence.rows == 39
    assert {row.cause for row in inputs.causes} == set(CAUSES)


def test_dollars_a_month_are_given_from_a_day_on_and_without_hashes_the_grade_is_lower(
    study: Make, call: Call
) -> None:
    rows = [call(4_000 * n, tokens=(20_000, 10), cached_input_tokens=2_000, session="s") for n in range(30)]
    found = diagnosis(study(rows))
    assert found.grade is Grade.MODEL
    assert found.inputs.causes[0].cause == "lapse"
    assert found.inputs.causes[0].avoidable_usd_per_month > found.inputs.causes[0].avoidable_usd_in_window


def test_what_cannot_be_known_or_is_not_worth_a_word_is_not_said(study: Make, call: Call) -> None:
    assert cache_doctor.analyse(study([call(0)]), checkpoint=never_stop) == ()
    (gap,) = cache_doctor.analyse(study([call(0, cached_input_tokens=0)]), checkpoint=never_stop)
    assert isinstance(gap, Gap)
    assert gap.missing == ("session",)
    good = [chat(call, 10 * n, LONG[: n + 1], read=n * BLOCK) for n in range(20)]
    assert cache_doctor.analyse(study(good), checkpoint=never_stop) == ()
    template = [call(at, cached_input_tokens=0, template="t") for at in (0, 1)]
    assert isinstance(cache_doctor.analyse(study(template), checkpoint=never_stop)[0], Gap)


SEEDED = 1_000


def test_of_a_thousand_seeded_causes_at_least_99_in_100_are_told(
    study: Make, call: Call, tariff: Callable[..., Any]
) -> None:
    rng = np.random.default_rng(19)
    rows: list[Event] = []
    expected: dict[str, str] = {}
    for number in range(SEEDED):
        kind = ("lapse", "switch", "early_divergence", "compaction", "none")[number % 5]
        base = list(rng.integers(1, 2**40, int(rng.integers(8, 60))))
        at = 30.0 * number
        rows.append(chat(call, at, base, read=0, session=f"s{number}", id=f"a{number}"))
        keep = {"early_divergence": int(rng.integers(0, 3)), "compaction": int(rng.integers(3, 5))}.get(
            kind, len(base)
        )
        more = len(base) - keep if kind == "early_divergence" else 0
        size = int(0.3 * len(base)) if kind == "compaction" else int(rng.integers(1, 5)) + more
        chain = base[:keep] + list(rng.integers(2**41, 2**42, size))
        gap_s = float(rng.uniform(310, 3_000)) if kind == "lapse" else float(rng.uniform(1, 290))
        read = 0 if kind in {"lapse", "switch"} else keep * BLOCK
        model = "small" if kind == "switch" else "big"
        rows.append(
            chat(call, at + gap_s, chain, read=read, session=f"s{number}", id=f"b{number}", model=model)
        )
        expected[f"b{number}"] = kind
    log = study(rows, tariff("big"), tariff("small"))
    parts = parts_of(log)
    assert parts is not None
    assert log.events.id is not None
    found = {str(name): cause_of(parts, place) for place, name in enumerate(log.events.id)}
    right = sum(found[name] == kind for name, kind in expected.items())
    assert right >= 0.99 * SEEDED
