"""Memory and answers of an analysis are bounded by the number of calls, whatever the calls hold."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netra.domain.optimization import engine
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.analysers.registry import ANALYSERS
from netra.domain.optimization.model import Goals, never_stop
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.study import study_of
from netra.domain.optimization.what_if.simulate import Proposal, simulate
from netra.domain.workloads.columns import Events, Labels, Prefixes
from netra.domain.workloads.folding import NAMES_MAX, OTHERS
from netra.domain.workloads.intake import read_ndjson
from netra.domain.workloads.model import TOKENS_MAX
from netra.entrypoints.reports.sketch import BINS_MAX, sketch_of

Price = Callable[..., Tariff]

BASE_BYTES = 12_000_000  # tables of step times, replicas and other things that no call adds to
CALL_BYTES = 4_000  # columns of every analyser together, by call
LISTED_BYTES = 500_000  # of an answer: the largest lists have a row for each of a thousand names

ASKED = Goals(gpus=("H100",), analyses=("self_hosting", "autoscaling", "kv_cache", "prefill_split"))

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "timestamp": st.datetimes(
                min_value=datetime(1, 1, 2),  # noqa: DTZ001  (hypothesis wants them without a zone)
                max_value=datetime(9999, 12, 30),  # noqa: DTZ001
                timezones=st.just(UTC),
            ).map(datetime.isoformat),
            "model": st.sampled_from(("big", "small", "unknown")),
            "input_tokens": st.sampled_from((0, 1, 2_000, TOKENS_MAX)),
            "output_tokens": st.sampled_from((0, 1, 2_000, TOKENS_MAX)),
        },
        optional={
            "latency_ms": st.sampled_from((0.0, 1e10)),
            "ttft_ms": st.sampled_from((0.0, 1e10)),
            "deadline_s": st.sampled_from((0.0, 1e300)),
            "cost": st.sampled_from((0.0, 1e300)),
            "template": st.text(min_size=1, max_size=3, alphabet="abc"),
            "prefix_hashes": st.lists(st.integers(0, 5), max_size=20),
            "prefix_block_tokens": st.sampled_from((1, 65_536)),
        },
    ),
    min_size=2,
    max_size=40,
)


@pytest.fixture(scope="module")
def prices(tariff: Price) -> PriceList:
    return PriceList(
        tariffs={"big": tariff(batch=tariff(usd=0.5e-6)), "small": tariff("small", usd=1e-7)},
        candidates=(tariff("candidate", usd=1e-8),),
    )


def peak_of(work: Callable[[], object]) -> int:
    """Return the most bytes that were allocated at one moment of `work`."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def answer(events: Events, goals: Goals, prices: PriceList) -> bytes:
    analysis = engine.analyse(events, goals=goals, prices=prices, hardware=HARDWARE)
    return msgspec.json.encode(engine.advise(analysis))


def distinct(count: int, of: str) -> Labels:
    return Labels(codes=np.arange(count, dtype=np.int32), names=tuple(f"{of}{n}" for n in range(count)))


def one_name_a_call(calls: int) -> Events:
    """Return a log in which no name comes twice, in any column."""
    tokens = np.full(calls, 1_000)
    columns = ("provider", "status", "session", "template", "feature", "tool", "prompt_hash", "retry_of")
    names: dict[str, Any] = {column: distinct(calls, column) for column in columns}
    return Events(
        at_ns=np.arange(calls) * 10**9,
        model=distinct(calls, "model"),
        input_tokens=tokens,
        output_tokens=tokens,
        latency_ms=np.full(calls, 500.0),
        ttft_ms=np.full(calls, 100.0),
        accepted=np.ones(calls, np.int8),
        streaming=np.zeros(calls, np.int8),
        prefixes=Prefixes(
            hashes=np.arange(calls), offsets=np.arange(calls + 1), block_tokens=np.full(calls, 512, np.int32)
        ),
        **names,
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_no_instant_and_no_size_of_a_call_makes_an_analysis_large(
    rows: list[dict[str, Any]], prices: PriceList
) -> None:
    taken = read_ndjson(b"\n".join(map(msgspec.json.encode, rows)), max_rows=100)
    assert len(taken.events) + len(taken.faults) == len(rows)
    if not len(taken.events):
        return
    allowed = BASE_BYTES + CALL_BYTES * len(taken.events)
    assert peak_of(lambda: answer(taken.events, ASKED, prices)) < allowed
    assert peak_of(lambda: sketch_of(taken.events)) < allowed
    sketch = sketch_of(taken.events)
    assert sketch is not None
    assert len(sketch.rates_per_s) <= BINS_MAX + 1


def sparse(years: float) -> Events:
    """Return 18 calls spread evenly over so many years."""
    at_ns = np.linspace(0, years * 365.25 * 86_400, 18) * 1e9
    calls = len(at_ns)
    return Events(
        at_ns=at_ns.astype(np.int64),
        model=Labels(codes=np.zeros(calls, np.int32), names=("big",)),
        input_tokens=np.full(calls, 1_000),
        output_tokens=np.full(calls, 100),
        prefixes=Prefixes(
            hashes=np.ones(calls, np.int64),
            offsets=np.arange(calls + 1),
            block_tokens=np.full(calls, 512, np.int32),
        ),
    )


@pytest.mark.parametrize("years", [0.01, 216.0])
def test_each_analyser_takes_the_same_memory_for_a_day_and_for_two_centuries(
    years: float, prices: PriceList
) -> None:
    study = study_of(sparse(years), goals=ASKED, prices=prices, hardware=HARDWARE)
    for kind, analyser in ANALYSERS:

        def work(run: Callable[..., tuple[object, ...]] = analyser) -> object:
            return run(study, checkpoint=never_stop)

        assert peak_of(work) < BASE_BYTES, kind


@pytest.mark.parametrize(
    "proposal",
    [
        Proposal(gpu="H100", replicas=512),
        Proposal(gpu="H100"),
        Proposal(cache=True, cache_ttl_s=2**31 - 1),
        Proposal(max_output_tokens=2**31 - 1, batch_share=1.0, model="small"),
    ],
)
def test_no_proposal_makes_a_trial_large(proposal: Proposal, prices: PriceList) -> None:
    study: Study = study_of(sparse(216.0), goals=Goals(), prices=prices, hardware=HARDWARE)
    assert peak_of(lambda: simulate(study, proposal)) < 4 * BASE_BYTES  # 512 replicas have a queue each


def test_an_answer_about_a_log_without_two_equal_names_is_bounded_and_says_what_was_folded(
    prices: PriceList,
) -> None:
    most = max(NAMES_MAX.values())
    sizes = [len(answer(one_name_a_call(calls), Goals(), prices)) for calls in (3 * most, 6 * most)]
    assert max(sizes) < LISTED_BYTES
    assert sizes[1] < 1.1 * sizes[0]
    study = study_of(one_name_a_call(2 * most), goals=Goals(), prices=prices, hardware=HARDWARE)
    assert study.events.template is not None
    assert len(study.events.template.names) == most + 1
    assert OTHERS in study.events.template.names
    gaps = engine.found_by_all(study, checkpoint=never_stop)[1]
    told = [gap.reason for gap in gaps if gap.kind == "workload"]
    assert any(f"{2 * most:,} names in template; the {most:,} with the most calls" in said for said in told)


def test_a_call_longer_than_any_cache_is_not_replayed(prices: PriceList) -> None:
    events = sparse(0.01)
    longest = msgspec.structs.replace(events, input_tokens=np.full(len(events), TOKENS_MAX))
    study = study_of(longest, goals=ASKED, prices=prices, hardware=HARDWARE)
    findings = [said for _, one in ANALYSERS for said in one(study, checkpoint=never_stop)]
    assert not [said for said in findings if isinstance(said, Finding) and said.kind == "self_hosting"]
