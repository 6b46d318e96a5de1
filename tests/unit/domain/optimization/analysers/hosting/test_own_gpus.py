"""The analysers of own GPUs: what they compare, what they ask for, and when they keep quiet."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest

from netra.domain.optimization.analysers.hosting import (
    autoscaling,
    gpu_choice,
    kv_cache,
    prefill_split,
    self_hosting,
)
from netra.domain.optimization.analysers.hosting.autoscaling import best_of
from netra.domain.optimization.analysers.hosting.hosting_case import (
    Case,
    allowed_gpus,
    case_of,
    concerns_own_gpus,
    slo_of,
)
from netra.domain.optimization.analysers.hosting.kv_cache import concurrency_p99
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.composition import worth_alone
from netra.domain.optimization.engine import current_option
from netra.domain.optimization.model import Gap, Goals, Grade, Stance, never_stop
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.fleet import REPLAYED_REQUESTS
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.performance.scaling import Policy, Scaled
from netra.domain.optimization.supply_config import NO_SETTINGS
from netra.domain.optimization.wording import money
from netra.domain.workloads.columns import Events, Labels, labels_of
from netra.domain.workloads.model import Event

MakeStudy = Callable[..., Study]
MakeCall = Callable[..., Event]
MakeTariff = Callable[..., Any]
OPEN = "Llama-3.1-8B"
CHEAP_HARDWARE = HARDWARE.with_prices({"H100-PCIe": 0.01}, source="test", as_of=date(2026, 11, 1))


def log(calls: int, *, seconds: float, model: str = "big", tokens: tuple[int, int] = (500, 50)) -> Events:
    start = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp()) * 1_000_000_000
    return Events(
        at_ns=start + (np.arange(calls) * (seconds * 1e9 / max(calls - 1, 1))).astype(np.int64),
        model=labels_of([model] * calls) or labels_of(["big"]),  # type: ignore[arg-type]
        input_tokens=np.full(calls, tokens[0]),
        output_tokens=np.full(calls, tokens[1]),
    )


def one_finding(found: tuple[Finding | Gap, ...]) -> Finding:
    (finding,) = found
    assert isinstance(finding, Finding)
    return finding


def one_gap(found: tuple[Finding | Gap, ...]) -> Gap:
    (gap,) = found
    assert isinstance(gap, Gap)
    return gap


def test_a_cheap_gpu_against_a_dear_api_is_worth_evaluating(study: MakeStudy, tariff: MakeTariff) -> None:
    asked = study(log(200, seconds=3600.0), tariff(usd=1e-4), hardware=CHEAP_HARDWARE)
    found = one_finding(self_hosting.analyse(asked, checkpoint=never_stop))
    assert (found.stance, found.grade) == (Stance.EVALUATE, Grade.JUDGEMENT)
    # 200 calls x (500 + 4 x 50) x $0.0001 of input; one hour of the fleet
    assert found.inputs.api_usd_in_window == pytest.approx(14.0)
    fleet_usd = found.inputs.gpus * 0.01
    assert found.inputs.hosting_usd_in_window == pytest.approx(fleet_usd)
    worth = worth_alone(asked, found)
    assert worth.saved_usd == pytest.approx(14.0 - fleet_usd)
    assert worth.low_usd <= worth.saved_usd <= worth.high_usd <= worth.touched_usd
    serving = found.supply.serving
    assert serving.replicas == found.inputs.replicas
    assert serving.vllm[0] == serving.checkpoint
    assert serving.command == f"vllm serve {' '.join(serving.vllm)}"
    assert serving.tensorrt_llm["tensor_parallel_size"] == serving.gpus_per_replica
    assert found.inputs.slow_replays_holding == 1.0
    assert found.options[0].needs_evaluation
    for option in found.options:  # a modelled latency is never a bare point
        assert option.ttft_ms_p99_range is not None
        assert option.tpot_ms_p99_range is not None
        assert option.ttft_ms_p99_range[0] < option.ttft_ms_p99_range[1]
    assert found.inputs.ttft_ms_p99_low < found.inputs.ttft_ms_p99_high
    assert f"{found.inputs.ttft_ms_p99_low:,.0f} to" in found.impact
    assert found.inputs.break_even_traffic == pytest.approx(fleet_usd / 14.0)
    curve = found.inputs.break_even_curve
    assert [point.traffic for point in curve] == [0.25, 0.5, 1.0, 2.0, 4.0]
    assert curve[2].api_usd_per_hour == pytest.approx(14.0 * 3600 / asked.span.seconds)
    assert curve[2].api_usd_per_month is None


def test_a_dear_fleet_for_little_traffic_is_advised_against(study: MakeStudy, tariff: MakeTariff) -> None:
    asked = study(log(5, seconds=3600.0), tariff(usd=1e-6), hardware=HARDWARE)
    found = one_finding(self_hosting.analyse(asked, checkpoint=never_stop))
    assert found.stance is Stance.AVOID
    assert found.action.startswith("Stay on the API")
    assert found.supply == NO_SETTINGS
    assert worth_alone(asked, found).saved_usd < 0


def test_the_logs_own_open_model_keeps_its_quality(study: MakeStudy, tariff: MakeTariff) -> None:
    asked = study(log(200, seconds=3600.0, model=OPEN), tariff(OPEN, usd=1e-4), hardware=CHEAP_HARDWARE)
    found = one_finding(self_hosting.analyse(asked, checkpoint=never_stop))
    assert (found.stance, found.grade) == (Stance.DO, Grade.MODEL)
    assert found.inputs.model == OPEN


def test_calls_that_were_refused_and_never_charged_save_no_rent(study: MakeStudy, tariff: MakeTariff) -> None:
    dear = HARDWARE.with_prices({"H100-PCIe": 8.0}, source="test", as_of=date(2026, 11, 1))
    calls = log(200, seconds=3600.0, model=OPEN)
    refused = np.arange(200) % 5 < 3
    calls = msgspec.structs.replace(
        calls,
        status=Labels(codes=refused.astype(np.int32), names=("200", "429")),
        output_tokens=np.where(refused, 0, calls.output_tokens),
    )
    asked = study(calls, tariff(OPEN, usd=1e-4), goals=Goals(gpus=("H100-PCIe",)), hardware=dear)
    found = one_finding(self_hosting.analyse(asked, checkpoint=never_stop))
    # 80 calls x 700 x $0.0001 were charged; 120 x 500 x $0.0001 are in the bill and were not
    assert found.inputs.api_usd_in_window == pytest.approx(5.6)
    assert (found.stance, found.action[:15]) == (Stance.AVOID, "Stay on the API")
    worth = worth_alone(asked, found)
    assert worth.saved_usd == pytest.approx(5.6 - 8.0)
    assert worth.low_usd <= worth.saved_usd
    assert found.options[0].usd_in_window == pytest.approx(8.0 + 6.0)
    saved_usd = (current_option(asked).usd - found.options[0].usd) * asked.span.per_month
    assert saved_usd == pytest.approx(worth.monthly.saved_usd)


@pytest.mark.parametrize(("usd", "busy_since"), [(8e-5, False), (6e-5, True)])
def test_after_a_change_own_gpus_are_weighed_against_the_calls_since(
    study: MakeStudy, tariff: MakeTariff, usd: float, *, busy_since: bool
) -> None:
    rented = HARDWARE.with_prices({"H100-PCIe": 5.0}, source="test", as_of=date(2026, 11, 1))
    begin, quiet, busy = datetime(2026, 11, 2, tzinfo=UTC), log(20, seconds=3600.0), log(180, seconds=3600.0)
    before, since = (quiet, busy) if busy_since else (busy, quiet)
    calls = msgspec.structs.replace(
        log(200, seconds=7200.0, model=OPEN),
        at_ns=np.concatenate([before.at_ns, since.at_ns + 3_600_000_001_000]),
    )
    change_at = begin + timedelta(seconds=3600, microseconds=1)
    goals = Goals(gpus=("H100-PCIe",), change_at=change_at)
    asked = study(calls, tariff(OPEN, usd=usd), goals=goals, hardware=rented)
    found = one_finding(self_hosting.analyse(asked, checkpoint=never_stop))
    # the whole log would say the opposite: 200 calls cost $11.20 or $8.40, and two hours of the GPU $10
    api_usd = len(since) * 700 * usd * asked.month.per_call
    worth = worth_alone(asked, found)
    assert worth.monthly.saved_usd == pytest.approx(api_usd - 5.0 * 730.5, rel=1e-6)
    assert found.stance is (Stance.DO if busy_since else Stance.AVOID)
    assert found.action.startswith("Serve these calls" if busy_since else "Stay on the API")
    assert f"at $5.00 an hour, against {money(api_usd / 730.5)} an hour of list prices" in found.impact
    assert found.inputs.hosting_usd_per_hour == pytest.approx(5.0)
    assert found.inputs.api_usd_per_hour == pytest.approx(api_usd / 730.5)
    assert found.inputs.api_usd_per_month is found.inputs.hosting_usd_per_month is None
    assert found.inputs.api_usd_in_window == pytest.approx(200 * 700 * usd)
    fewest, most = found.inputs.replicas_low, found.inputs.replicas_high
    assert worth.low_usd == pytest.approx(200 * 700 * usd - most * 10.0)
    assert worth.monthly.low_usd == pytest.approx(api_usd - most * 5.0 * 730.5)
    assert worth.monthly.high_usd == pytest.approx(api_usd - fewest * 5.0 * 730.5)
    assert found.inputs.break_even_traffic == pytest.approx(5.0 * 730.5 / api_usd)
    assert found.inputs.break_even_curve[2].api_usd_per_hour == pytest.approx(api_usd / 730.5)


def mixed_log() -> Events:
    """Return an hour of 110 calls of an open model among 90 of another, which came slowly."""
    is_open = np.arange(200) * 110 // 200 < (np.arange(200) + 1) * 110 // 200
    return msgspec.structs.replace(
        log(200, seconds=3600.0),
        model=Labels(codes=np.where(is_open, 0, 1).astype(np.int32), names=(OPEN, "gpt")),
        ttft_ms=np.where(is_open, 20.0, 9_000.0),
        latency_ms=np.where(is_open, 1_000.0, 90_000.0),
    )


def test_only_the_calls_of_the_open_model_move_for_certain(study: MakeStudy, tariff: MakeTariff) -> None:
    calls = mixed_log()
    is_open = calls.model.codes == 0
    asked = study(calls, tariff(OPEN, usd=1e-6), tariff("gpt", usd=1e-4), hardware=CHEAP_HARDWARE)
    found = one_finding(self_hosting.analyse(asked, checkpoint=never_stop))
    assert (found.stance, found.grade, found.evidence.rows) == (Stance.DO, Grade.MODEL, 110)
    assert found.inputs.api_usd_in_window == pytest.approx(110 * 700 * 1e-6)
    assert found.change is not None
    assert found.change(asked.traffic).hosted.tolist() == is_open.tolist()
    assert "Not moved: 90 calls of other models." in found.assumptions
    option = found.options[
        0
    ]  # a way to serve the whole log: the others are still paid and have their own tail
    rest_usd = 90 * 700 * 1e-4
    assert option.usd_in_window == pytest.approx(found.inputs.hosting_usd_in_window + rest_usd)
    assert (option.ttft_ms_p99, option.ttft_ms_p99_range) == (None, None)


@pytest.mark.parametrize("module", [kv_cache, gpu_choice])
def test_what_serves_the_open_model_is_weighed_for_its_own_calls(study: MakeStudy, module: Any) -> None:
    found = one_finding(module.analyse(study(mixed_log(), hardware=HARDWARE), checkpoint=never_stop))
    assert found.evidence.rows == 110
    assert getattr(found.inputs, "concurrency_p99_needed", None) in {
        None,
        1.0,
    }  # with the slow calls it would be 3


def test_step_times_are_calibrated_on_the_calls_of_the_open_model(study: MakeStudy) -> None:
    goals = Goals(served_on="H100", served_replicas=1)
    found, alone = (
        case_of(study(calls, goals=goals, hardware=HARDWARE), kind="self_hosting", priced_only=False)
        for calls in (mixed_log(), mixed_log().take(np.flatnonzero(mixed_log().model.codes == 0)))
    )
    assert isinstance(found, Case)
    assert isinstance(alone, Case)
    assert found.notes[-1] == alone.notes[-1]
    assert "calibrated on 110 calls" in found.notes[-1]


def test_a_stand_in_for_most_calls_is_for_evaluation_on_all(study: MakeStudy, tariff: MakeTariff) -> None:
    calls = mixed_log()
    flipped = msgspec.structs.replace(calls, model=Labels(codes=1 - calls.model.codes, names=(OPEN, "gpt")))
    asked = study(flipped, tariff(OPEN, usd=1e-4), tariff("gpt", usd=1e-4), hardware=CHEAP_HARDWARE)
    found = one_finding(self_hosting.analyse(asked, checkpoint=never_stop))
    assert (found.stance, found.grade, found.evidence.rows) == (Stance.EVALUATE, Grade.JUDGEMENT, 200)


def test_a_free_api_has_no_break_even(study: MakeStudy, tariff: MakeTariff) -> None:
    asked = study(log(5, seconds=3600.0), tariff(usd=0.0), hardware=HARDWARE)
    found = one_finding(self_hosting.analyse(asked, checkpoint=never_stop))
    assert found.inputs.break_even_traffic is None


def test_costs_that_meet_exactly_save_nothing_at_either_bound(study: MakeStudy, tariff: MakeTariff) -> None:
    free = HARDWARE.with_prices({"A6000": 0.0}, source="test", as_of=date(2026, 11, 1))
    asked = study(log(5, seconds=3600.0), tariff(usd=0.0), goals=Goals(gpus=("A6000",)), hardware=free)
    found = one_finding(self_hosting.analyse(asked, checkpoint=never_stop))
    assert found.stance is Stance.AVOID
    worth = worth_alone(asked, found)
    assert (worth.low_usd, worth.saved_usd, worth.high_usd) == (0.0, 0.0, 0.0)


def test_a_fleet_that_slow_steps_would_break_has_no_low_end(study: MakeStudy, tariff: MakeTariff) -> None:
    calls = log(50, seconds=3600.0)
    asked = study(calls, tariff(usd=1e-4), goals=Goals(gpus=("H100-PCIe",)), hardware=CHEAP_HARDWARE)
    loose = one_finding(self_hosting.analyse(asked, checkpoint=never_stop))
    tight = study(
        calls,
        tariff(usd=1e-4),
        goals=Goals(gpus=("H100-PCIe",), ttft_ms_p99=loose.inputs.ttft_ms_p99_high * 0.95),
        hardware=CHEAP_HARDWARE,
    )
    found = one_finding(self_hosting.analyse(tight, checkpoint=never_stop))
    assert found.inputs.replicas_high is None
    worth = worth_alone(tight, found)
    assert worth.low_usd == worth.monthly.low_usd == 0.0 < worth.saved_usd


@pytest.mark.parametrize("models", [(), ("Mixtral-8x7B",)])
def test_limits_that_no_gpu_keeps_are_said_to_be_out_of_reach(
    study: MakeStudy, models: tuple[str, ...]
) -> None:
    goals = Goals(ttft_ms_p99=1.0, models=models)
    asked = study(log(50, seconds=3600.0), goals=goals, hardware=HARDWARE)
    found = one_finding(self_hosting.analyse(asked, checkpoint=never_stop))
    assert (found.stance, found.change) == (Stance.INFORM, None)
    assert "No number of replicas" in found.impact
    assert "first token within 1 ms (as requested)" in found.impact


@pytest.mark.parametrize(
    ("calls", "hardware", "missing", "said"),
    [
        (log(50, seconds=3600.0, model="unpriced"), HARDWARE, "model", "No call has a known list price"),
        (log(50, seconds=20.0), HARDWARE, "timestamp", "too short for a comparison"),
        (
            log(50, seconds=3600.0, model="Llama-2-70B", tokens=(14_000, 50)),
            HARDWARE,
            "models",
            "The longest call has 14,050 tokens, and Llama-2-70B takes at most 4,096",
        ),
        (log(50, seconds=3600.0), Hardware(gpus=HARDWARE.gpus, models=()), "models", "no open model"),
        (log(50, seconds=3600.0), Hardware(gpus=(), models=HARDWARE.models), "gpus", "No allowed GPU"),
    ],
)
def test_what_is_missing_is_named(
    study: MakeStudy, tariff: MakeTariff, calls: Events, hardware: Hardware, missing: str, said: str
) -> None:
    asked = study(calls, *map(tariff, {"big", "Llama-2-70B"} & {*calls.model.names}), hardware=hardware)
    gap = one_gap(self_hosting.analyse(asked, checkpoint=never_stop))
    assert gap.missing == (missing,)
    assert said in gap.reason


@pytest.mark.parametrize("module", [self_hosting, kv_cache, gpu_choice, autoscaling, prefill_split])
def test_an_empty_log_says_nothing(study: MakeStudy, module: Any) -> None:
    assert module.analyse(study([], hardware=HARDWARE), checkpoint=never_stop) == ()


@pytest.mark.parametrize("module", [kv_cache, gpu_choice, autoscaling, prefill_split])
def test_gpus_are_not_brought_up_where_nobody_has_any(study: MakeStudy, module: Any) -> None:
    closed = study(log(10, seconds=200_000.0), hardware=HARDWARE)
    assert module.analyse(closed, checkpoint=never_stop) == ()
    assert not concerns_own_gpus(closed, kind=module.KIND)


@pytest.mark.parametrize(
    "goals",
    [
        Goals(gpus=("H100",)),
        Goals(gpu_memory_gib=80.0),
        Goals(constraints=("gpu_memory",)),
        Goals(analyses=("kv_cache",)),
    ],
)
def test_any_way_of_asking_for_gpus_is_heard(study: MakeStudy, goals: Goals) -> None:
    assert concerns_own_gpus(study(log(10, seconds=100.0), goals=goals, hardware=HARDWARE), kind="kv_cache")


@pytest.mark.parametrize("module", [kv_cache, gpu_choice, prefill_split])
def test_a_gap_of_the_case_is_passed_on(study: MakeStudy, module: Any) -> None:
    short = study(log(50, seconds=20.0, model=OPEN), hardware=HARDWARE)
    assert one_gap(module.analyse(short, checkpoint=never_stop)).missing == ("timestamp",)


def test_named_gpus_and_memory_narrow_the_choice() -> None:
    everything = allowed_gpus(HARDWARE, Goals())
    assert {gpu.name for gpu in allowed_gpus(HARDWARE, Goals(gpus=("H100 PCIe", "nonsense")))} == {
        "H100-PCIe-80GB"
    }
    small = allowed_gpus(HARDWARE, Goals(gpu_memory_gib=48.0))
    assert 0 < len(small) < len(everything)
    assert max(gpu.memory_gib for gpu in small) < 49.0


def test_limits_asked_for_are_kept_and_a_default_gives_way_to_long_prompts(study: MakeStudy) -> None:
    def case(tokens: int, **goals: Any) -> Case:
        asked = study(
            log(20, seconds=3600.0, tokens=(tokens, 50)),
            goals=Goals(models=("Llama-3.1-70B",), gpus=("H100",), **goals),
            hardware=HARDWARE,
        )
        found = case_of(asked, kind="self_hosting")
        assert isinstance(found, Case)
        return found

    assert (case(500).slo.ttft_ms, case(500).slo.tpot_ms) == (2000.0, 100.0)
    long = case(100_000)
    assert long.slo.ttft_ms > 2000.0
    assert "No TTFT limit was requested" in long.notes[1]
    asked = case(100_000, ttft_ms_p99=300.0, tpot_ms_p99=20.0)
    assert (asked.slo.ttft_ms, asked.slo.tpot_ms) == (300.0, 20.0)
    assert slo_of(Goals(), long.requests, long.candidates)[0] == long.slo


def test_a_limit_on_the_whole_call_is_held_by_the_fleet_and_told(
    study: MakeStudy, tariff: MakeTariff
) -> None:
    def found(**goals: Any) -> Finding:
        calls = log(2_000, seconds=100.0, model=OPEN, tokens=(500, 200))
        asked = study(calls, tariff(OPEN, usd=1e-3), goals=Goals(gpus=("A6000",), **goals), hardware=HARDWARE)
        return one_finding(self_hosting.analyse(asked, checkpoint=never_stop))

    free = found()
    free_ms = free.options[0].latency_ms_p99
    assert free_ms is not None
    limit_ms = free_ms * 0.9
    held = found(latency_ms={"": limit_ms})
    assert held.options[0].latency_ms_p99 is not None
    assert held.options[0].latency_ms_p99 <= limit_ms < free_ms
    assert held.inputs.gpus > free.inputs.gpus
    assert held.inputs.latency_limit_ms_p99 == limit_ms
    assert held.options[0].latency_ms_p99_range is not None
    assert f"the whole call within {limit_ms:,.0f} ms (as requested)" in " ".join(held.assumptions)
    assert found(latency_ms={"": 1.0}).stance is Stance.INFORM  # no fleet keeps it


@pytest.mark.parametrize("module", [self_hosting, gpu_choice])
def test_a_limit_on_one_feature_is_said_not_to_be_held_and_leaves_the_fleet_uncertain(
    study: MakeStudy, tariff: MakeTariff, module: Any
) -> None:
    goals = Goals(latency_ms={"search": 500.0, "chat": 900.0})
    asked = study(
        log(200, seconds=3600.0, model=OPEN), tariff(OPEN, usd=1e-4), goals=goals, hardware=CHEAP_HARDWARE
    )
    found = one_finding(module.analyse(asked, checkpoint=never_stop))
    assert found.stance is not Stance.DO
    said = "The replay covers all calls; limits on single features are not checked: chat, search."
    assert said in found.assumptions
    assert all(option.needs_evaluation for option in found.options)


@pytest.mark.parametrize(
    ("goals", "said"),
    [
        ({}, "first token within 2,000 ms, each next token within 100 ms; these are defaults."),
        ({"tpot_ms_p99": 50.0}, "first token within 2,000 ms, each next token within 50 ms (as requested)."),
        ({"ttft_ms_p99": 900.0}, "first token within 900 ms (as requested), each next token within 100 ms."),
    ],
)
def test_limits_that_were_asked_for_are_told_from_defaults(
    study: MakeStudy, goals: dict[str, float], said: str
) -> None:
    asked = study(log(20, seconds=3600.0), goals=Goals(**goals), hardware=HARDWARE)  # type: ignore[arg-type]
    case = case_of(asked, kind="self_hosting")
    assert isinstance(case, Case)
    assert case.notes[1] == f"Limits at the 99th percentile: {said}"


def test_a_long_log_is_sized_on_its_busiest_stretch(study: MakeStudy, tariff: MakeTariff) -> None:
    calls = log(REPLAYED_REQUESTS + 10, seconds=7200.0, tokens=(20, 1))
    case = case_of(study(calls, tariff(usd=1e-3), hardware=HARDWARE), kind="self_hosting")
    assert isinstance(case, Case)
    assert (len(case.replayed), len(case.requests)) == (REPLAYED_REQUESTS, REPLAYED_REQUESTS + 10)
    assert "Sized on the busiest 20,000 consecutive calls of 20,010." in case.notes


def test_the_cache_table_says_how_many_requests_fit(study: MakeStudy) -> None:
    asked = study(log(50, seconds=3600.0, model=OPEN, tokens=(900, 100)), hardware=HARDWARE)
    found = one_finding(kv_cache.analyse(asked, checkpoint=never_stop))
    assert found.inputs.concurrency_p99_needed is None
    for one in found.inputs.replicas:
        assert one.requests_at_once == pytest.approx(one.kv_tokens / 1000)
        assert one.kv_tokens_fp8 == pytest.approx(2 * one.kv_tokens, rel=1e-3)
    assert found.inputs.tokens_per_request_longest == 1000


def test_calls_under_way_are_counted_from_their_latency() -> None:
    second = 1_000_000_000
    at_ns = np.array([0, second, 2 * second, 10 * second])
    assert concurrency_p99(at_ns, np.array([5000.0, 5000.0, 500.0, 1.0])) == 3.0
    assert concurrency_p99(at_ns, np.array([np.nan, np.nan, 500.0, 1.0])) == 1.0
    assert concurrency_p99(at_ns, None) is None
    assert concurrency_p99(at_ns, np.full(4, np.nan)) is None


def test_gpus_are_ranked_by_what_carries_the_peak(study: MakeStudy) -> None:
    asked = study(log(600, seconds=3600.0, model=OPEN), goals=Goals(gpus=("H100", "A100")), hardware=HARDWARE)
    found = one_finding(gpu_choice.analyse(asked, checkpoint=never_stop))
    rows = found.inputs.configurations
    assert [row.usd_per_hour for row in rows] == sorted(row.usd_per_hour for row in rows)
    assert {"fp8", "bf16", "int4"} == {row.configuration.rsplit(", ")[-1] for row in rows}
    assert found.supply.serving.tensorrt_llm["tensor_parallel_size"] == found.supply.serving.gpus_per_replica
    assert found.options[0].usd_in_window == pytest.approx(
        found.inputs.usd_per_hour * asked.span.seconds / 3600
    )
    assert not found.options[0].needs_evaluation


def test_a_stand_in_is_chosen_for_and_not_configured(study: MakeStudy) -> None:
    asked = study(log(60, seconds=3600.0), goals=Goals(gpus=("H100",)), hardware=HARDWARE)
    found = one_finding(gpu_choice.analyse(asked, checkpoint=never_stop))
    assert found.supply == NO_SETTINGS


@pytest.mark.parametrize("module", [gpu_choice, autoscaling, prefill_split])
def test_limits_out_of_reach_are_left_to_self_hosting_to_say(study: MakeStudy, module: Any) -> None:
    asked = study(log(50, seconds=90_000.0, model=OPEN), goals=Goals(tpot_ms_p99=0.01), hardware=HARDWARE)
    assert module.analyse(asked, checkpoint=never_stop) == ()


def test_a_configuration_too_slow_is_counted_and_not_listed(study: MakeStudy) -> None:
    goals = Goals(gpus=("H100", "A6000"), tpot_ms_p99=15.0)
    asked = study(log(60, seconds=3600.0, model=OPEN), goals=goals, hardware=HARDWARE)
    found = one_finding(gpu_choice.analyse(asked, checkpoint=never_stop))
    assert found.inputs.configurations_too_slow > 0


def test_peaks_need_a_day(study: MakeStudy) -> None:
    gap = one_gap(
        autoscaling.analyse(
            study(log(50, seconds=3600.0, model=OPEN), hardware=HARDWARE), checkpoint=never_stop
        )
    )
    assert "1.0 h" in gap.reason
    none = Hardware(gpus=(), models=HARDWARE.models)
    passed_on = autoscaling.analyse(
        study(log(50, seconds=90_000.0, model=OPEN), hardware=none), checkpoint=never_stop
    )
    assert one_gap(passed_on).missing == ("gpus",)


def day_of(busy_per_minute: int) -> list[tuple[float, int]]:
    return [(minute * 60.0, busy_per_minute if minute >= 720 else 1) for minute in range(1440)]


def test_a_day_of_two_halves_is_followed_by_the_hour(study: MakeStudy) -> None:
    at_s = np.concatenate([np.linspace(at, at + 59.0, count) for at, count in day_of(150)])
    calls = msgspec.structs.replace(
        log(len(at_s), seconds=86_399.0, model="Llama-3.1-70B", tokens=(4000, 50)),
        at_ns=(at_s * 1e9).astype(np.int64),
    )
    asked = study(calls, goals=Goals(gpus=("A6000",)), hardware=HARDWARE)
    found = one_finding(autoscaling.analyse(asked, checkpoint=never_stop))
    fixed = next(row for row in found.inputs.policies if row.policy == Policy.FIXED)
    assert found.supply.autoscaling.policy == Policy.HOURLY
    assert found.supply.autoscaling.max_replicas == fixed.most > 1
    assert found.inputs.saved_usd_in_window_against_fixed > 0
    assert found.inputs.saved_usd_per_month_against_fixed is None  # a second less than a day
    assert found.impact.endswith("over the log.")
    assert found.roll_back == f"Set both bounds to {fixed.most}."


@pytest.mark.parametrize(("second_day", "short"), [(150, 0.0), (300, 0.5)])
def test_the_last_day_judges_what_the_days_before_it_gave(
    study: MakeStudy, second_day: int, short: float
) -> None:
    both = [*day_of(150), *[(86_400.0 + at, count) for at, count in day_of(second_day)]]
    at_s = np.concatenate([np.linspace(at, at + 59.0, count) for at, count in both])
    calls = msgspec.structs.replace(
        log(len(at_s), seconds=172_799.0, model="Llama-3.1-70B", tokens=(4000, 50)),
        at_ns=(at_s * 1e9).astype(np.int64),
    )
    asked = study(calls, goals=Goals(gpus=("A6000",)), hardware=HARDWARE)
    found = one_finding(autoscaling.analyse(asked, checkpoint=never_stop))
    hourly = next(row for row in found.inputs.policies if row.policy == Policy.HOURLY)
    assert hourly.short_share >= short
    assert any("made from the first" in note or "covers one day" in note for note in found.assumptions)
    assert found.inputs.days_judged <= found.inputs.days


def test_a_call_from_another_decade_adds_no_idle_decades(study: MakeStudy) -> None:
    busy_s = np.concatenate([at + np.linspace(0.0, 1_800.0, 5_000) for at in (0.0, 86_400.0)])
    honest = log(10_000, seconds=1.0, model="Llama-3.1-70B", tokens=(4_000, 50))
    honest = msgspec.structs.replace(honest, at_ns=honest.at_ns[0] + (busy_s * 1e9).astype(np.int64))
    skewed = honest.take(np.array([0, *range(10_000)]))
    skewed = msgspec.structs.replace(skewed, at_ns=np.concatenate(([0], honest.at_ns)))
    asked = study(skewed, goals=Goals(gpus=("A6000",)), hardware=HARDWARE)
    found = one_finding(autoscaling.analyse(asked, checkpoint=never_stop))
    fixed = next(row for row in found.inputs.policies if row.policy == Policy.FIXED)
    hours = asked.span.seconds / 3600
    assert fixed.replica_hours <= fixed.most * (hours + 1 / 60)
    hourly_usd = found.inputs.usd_per_replica_hour * asked.span.per_month
    assert 0 < found.inputs.saved_usd_per_month_against_fixed <= hours * fixed.most * hourly_usd
    # its dense part is without one call in a hundred at each end
    said = "Excluded from the demand: 200 calls outside the 24.5 h that a month is scaled from."
    assert said in found.assumptions


def test_the_busiest_minute_is_found_without_walking_through_decades() -> None:
    tracemalloc.start()
    assert gpu_choice.peak_rate_per_s(np.array([0.0, 1e9, 1e9 + 1.0])) == pytest.approx(2 / 60)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most_bytes < 1_000_000


def test_a_calm_day_keeps_its_fixed_number(study: MakeStudy) -> None:
    asked = study(log(1440, seconds=86_400.0, model=OPEN), hardware=HARDWARE)
    found = one_finding(autoscaling.analyse(asked, checkpoint=never_stop))
    assert found.action == "Keep a fixed number of replicas"
    assert found.supply.autoscaling.max_replicas == 1


def test_a_policy_that_misses_demand_is_not_the_best_however_cheap() -> None:
    def day(policy: Policy, hours: float, short: float) -> Scaled:
        return Scaled(policy=policy, least=1, most=2, replica_hours=hours, short_share=short, idle_share=0.0)

    missed = [day(Policy.FIXED, 48.0, 0.1), day(Policy.REACTIVE, 20.0, 0.05), day(Policy.HOURLY, 30.0, 0.3)]
    assert best_of(missed).policy is Policy.REACTIVE  # none meets the demand: the one that misses least
    days = [day(Policy.FIXED, 48.0, 0.0), day(Policy.REACTIVE, 20.0, 0.05), day(Policy.HOURLY, 30.0, 0.0)]
    assert best_of(days).policy is Policy.HOURLY


def test_a_large_fleet_of_long_prompts_is_hinted_to_split(study: MakeStudy) -> None:
    calls = log(60_000, seconds=3600.0, model="Llama-3.1-70B", tokens=(3000, 200))
    asked = study(calls, goals=Goals(gpus=("A100",)), hardware=HARDWARE)
    found = one_finding(prefill_split.analyse(asked, checkpoint=never_stop))
    low, high = prefill_split.WORTH_SPLITTING
    assert low <= found.inputs.held_up_share <= high
    assert found.inputs.prefill_replicas >= 1
    assert found.inputs.decode_replicas >= 1


def test_a_small_fleet_is_not_split(study: MakeStudy) -> None:
    asked = study(log(60, seconds=3600.0, model="Llama-3.1-70B", tokens=(3000, 200)), hardware=HARDWARE)
    assert prefill_split.analyse(asked, checkpoint=never_stop) == ()


def test_the_window_of_a_call_is_a_minute(call: MakeCall) -> None:
    first, second = call(0.0), call(70.0)
    assert second.timestamp - first.timestamp == timedelta(seconds=70)
    assert gpu_choice.peak_rate_per_s(np.array([0.0, 70.0])) == pytest.approx(1 / 60)


def own(study: MakeStudy, *tariffs: Any, hardware: Hardware = HARDWARE, **goals: Any) -> Finding | Gap:
    asked = study(log(200, seconds=3600.0, model=OPEN), *tariffs, goals=Goals(**goals), hardware=hardware)
    (found,) = self_hosting.analyse(asked, checkpoint=never_stop)
    return found


def test_on_own_gpus_the_bill_is_the_rent_and_how_busy_they_are(study: MakeStudy, tariff: MakeTariff) -> None:
    found = own(study, tariff(OPEN, usd=1e-4), served_on="2x H100", served_replicas=2)
    assert isinstance(found, Finding)
    # 4 GPUs at $2.95 for 199 of 200 intervals of an hour; 200 calls x (500 + 4 x 50) tokens x $0.0001
    assert (found.inputs.gpus, found.inputs.rent_usd_per_hour) == (4, pytest.approx(11.8))
    assert found.inputs.rent_usd_in_window == pytest.approx(11.8, rel=0.01)
    assert found.inputs.api_usd_in_window == pytest.approx(14.0)
    assert 0.0 < found.inputs.busy_share < 0.2
    assert found.action.startswith("Keep serving Llama-3.1-8B on your own 2 x (2x H100-SXM-80GB)")
    assert 0.0 < found.inputs.utilisation < found.inputs.busy_share
    assert found.impact.endswith("1 provider (acme) $14.00: your own GPUs are cheaper.")
    assert (found.stance, found.change) == (Stance.INFORM, None)


def test_own_gpus_need_no_price_book(study: MakeStudy) -> None:
    found = own(study, served_on="H100")
    assert isinstance(found, Finding)
    assert found.inputs.api_usd_in_window is None
    assert "the price book has no provider of Llama-3.1-8B to compare with" in found.impact


@pytest.mark.parametrize(
    ("served_on", "said"),
    [
        ("TPU-v9", "No GPU named 'TPU-v9' is in the catalogue"),
        ("B300", "No price of B300-SXM-288GB is known"),
    ],
)
def test_own_gpus_that_cannot_be_weighed_are_named(study: MakeStudy, served_on: str, said: str) -> None:
    assert said in one_gap((own(study, served_on=served_on),)).reason


def test_own_gpus_too_small_for_the_model_are_named(study: MakeStudy) -> None:
    asked = study(
        log(200, seconds=3600.0, model="Llama-3.1-70B"), goals=Goals(served_on="L40S"), hardware=HARDWARE
    )
    gap = one_gap(self_hosting.analyse(asked, checkpoint=never_stop))
    assert gap.reason == "L40S do not hold Llama-3.1-70B and the longest call."


def test_a_closed_model_is_not_on_own_gpus(study: MakeStudy, tariff: MakeTariff) -> None:
    asked = study(
        log(200, seconds=3600.0), tariff(usd=1e-4), goals=Goals(served_on="H100"), hardware=CHEAP_HARDWARE
    )
    found = one_finding(self_hosting.analyse(asked, checkpoint=never_stop))
    assert found.inputs.hosting_usd_in_window > 0
