"""Measured rows: what cannot be right is named, what is left is judged; the bars hold on published rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from netra.adapters.files.measurements import read_measurements
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.constants import (
    MIXTURE_RESIDUALS_80,
    RESIDUALS_80,
    TRT_LLM,
    VLLM,
    VLLM_2023,
)
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.performance.validation.decisions import ConfigurationChoice, decide, pick
from netra.domain.optimization.performance.validation.faulty_rows import sound_rows
from netra.domain.optimization.performance.validation.measurement import (
    Measurement,
    deployment_of,
    precision_of,
    predict,
)
from netra.domain.optimization.performance.validation.ordering import order_noise, ordered_right
from netra.domain.optimization.performance.validation.scorecard import validate_performance
from netra.domain.optimization.performance.validation.transfer import (
    MeasuredPoint,
    covered_by_change,
    covered_share,
    pairs_of,
    points_of,
)


def row(line: int = 1, **changes: Any) -> Measurement:
    plain = Measurement(
        line=line,
        model="Llama-3.1-8B",
        hardware="h100",
        engine="vllm",
        precision="fp8",
        kv_precision=None,
        input_tokens=1024.0,
        output_tokens=512.0,
        batch=8.0,
        tp=1,
        ttft_ms=None,
        tpot_ms=None,
        load="closed_loop",
    )
    return msgspec.structs.replace(plain, **changes)


def measured(line: int, *, off: float = 1.0, **changes: Any) -> Measurement:
    """Return a row measured at `off` times what the model says."""
    bare = row(line, **changes)
    deployment = deployment_of(bare, hardware=HARDWARE)
    assert isinstance(deployment, Deployment)
    seen = predict(bare, deployment=deployment)
    return msgspec.structs.replace(bare, ttft_ms=seen.ttft_ms * off, tpot_ms=seen.tpot_ms * off)


def refused(rows: Sequence[Measurement]) -> dict[int, str]:
    return {fault.line: fault.message for fault in sound_rows(rows, hardware=HARDWARE)[1]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": "gpt-4o"}, "no model 'gpt-4o'"),
        ({"hardware": "tpu"}, "no GPU 'tpu'"),
        ({"engine": "llama.cpp"}, "no engine 'llama.cpp'"),
        ({"precision": "q5_k"}, "no precision 'q5_k'"),
        ({"tpot_ms": None}, "no measured time"),
        ({"tpot_ms": -1.0}, "TPOT of -1.0 ms is not a positive number"),
        ({"ttft_ms": float("nan")}, "TTFT of nan ms is not a positive number"),
        ({"batch": 0.0}, "batch of 0.0 is below 1"),
        ({"tp": 0}, "tensor parallelism of 0"),
        ({"tp": 16}, "exceeds one machine"),
        ({"tp": 3}, "32 attention heads of Llama-3.1-8B do not split over 3 GPUs"),
        ({"tp": 4, "data_parallel": 4}, "4 x 4 GPUs exceeds one machine"),
        ({"data_parallel": 0}, "attention-data parallelism of 0"),
        ({"ttft_ms": 0.5}, "to compute its prompt at the peak rate"),
        ({"ttft_ms": 12.0, "batch": 256.0}, "of the peak arithmetic rate"),
        (
            {"ttft_ms": 900.0, "batch": 300.0, "input_tokens": 8192.0, "output_tokens": 8192.0},
            "of the bandwidth",
        ),
        ({"model": "Llama-3.1-405B"}, "do not fit"),
        ({"tpot_ms": 0.5}, "read the weights once"),
    ],
)
def test_a_row_that_cannot_be_used_or_right_is_named_with_the_reason(
    changes: dict[str, Any], said: str
) -> None:
    found = refused([msgspec.structs.replace(row(7, tpot_ms=6.0), **changes)])
    assert said in found[7]
    assert found[7].startswith("Line 7: ")


@pytest.mark.parametrize(
    "changes", [{"ttft_ms": 60_000.0}, {"tpot_ms": 900.0}, {"model": "Mixtral-8x7B", "tp": 2}]
)
def test_no_row_is_refused_for_being_predicted_badly(changes: dict[str, Any]) -> None:
    assert refused([msgspec.structs.replace(row(7, tpot_ms=30.0), **changes)]) == {}


def test_a_row_far_off_its_neighbours_is_refused_and_a_biased_family_is_not() -> None:
    rows = [measured(line, off=1.5, batch=2.0**line) for line in range(1, 6)]
    assert refused(rows) == {}
    hung = msgspec.structs.replace(rows[2], tpot_ms=(rows[2].tpot_ms or 0.0) * 4)
    assert list(refused([*rows[:2], hung, *rows[3:]])) == [3]


def test_the_usual_slips_of_whoever_wrote_the_table_are_named() -> None:
    rows = [measured(line, batch=2.0**line) for line in range(1, 7)]
    right = rows[2]
    assert right.ttft_ms is not None
    assert right.tpot_ms is not None
    wrong = {
        "as if in seconds": {"ttft_ms": right.ttft_ms / 1e3},
        "as if in microseconds": {"tpot_ms": right.tpot_ms * 1e3},
        "as if TTFT and TPOT were swapped": {"ttft_ms": right.tpot_ms, "tpot_ms": right.ttft_ms},
    }
    for said, changes in wrong.items():
        slipped = msgspec.structs.replace(right, **changes)
        found = refused([*rows[:2], slipped, *rows[3:]])
        assert list(found) == [3], said
        assert said in found[3]


def test_a_long_wait_for_the_first_token_is_no_fault() -> None:
    rows = [measured(line, batch=2.0**line) for line in range(1, 7)]
    waited = msgspec.structs.replace(rows[5], ttft_ms=(rows[5].ttft_ms or 0.0) * 20)
    assert refused([*rows[:5], waited]) == {}


def test_the_order_of_the_rows_changes_no_figure() -> None:
    noise = np.random.default_rng(3).lognormal(0.0, 0.1, 24)
    rows = [
        measured(line, off=float(noise[line]), batch=2.0 ** (line % 6), input_tokens=256.0 * (1 + line // 6))
        for line in range(24)
    ]
    turned = [*rows[7:], *rows[:7]]
    assert validate_performance(turned, hardware=HARDWARE) == validate_performance(rows, hardware=HARDWARE)


def test_two_rows_that_contradict_each_other_are_both_refused() -> None:
    small, large = measured(1, batch=8.0), measured(2, batch=64.0)
    too_fast = msgspec.structs.replace(
        large, ttft_ms=(small.ttft_ms or 0.0) / 3, tpot_ms=(small.tpot_ms or 0.0) * 0.9
    )
    found = refused([small, too_fast])
    assert "far slower than 1 row" in found[1]
    assert "far faster than 1 row" in found[2]
    between = measured(3, batch=16.0)
    assert list(refused([small, between, too_fast])) == [2]  # it contradicts both of the others


def test_a_longer_answer_of_a_fixed_batch_is_more_work() -> None:
    fixed: dict[str, Any] = {
        "load": "fixed_batch",
        "engine": None,
        "hardware": "a100",
        "model": "llama2-70b",
        "tp": 8,
    }
    short = measured(1, precision=None, output_tokens=64.0, **fixed)
    longer = measured(2, precision=None, output_tokens=512.0, **fixed)
    assert refused([short, longer]) == {}
    fast = msgspec.structs.replace(longer, tpot_ms=(short.tpot_ms or 0.0) * 0.7, ttft_ms=None)
    assert set(refused([short, fast])) == {1, 2}


def test_rows_without_a_time_per_token_decide_nothing() -> None:
    rows = [msgspec.structs.replace(measured(line, batch=2.0**line), tpot_ms=None) for line in range(1, 6)]
    judged, _ = sound_rows(rows, hardware=HARDWARE)
    assert decide(judged, hardware=HARDWARE).count == 0


def test_releases_are_compared_only_far_apart() -> None:
    old = measured(1, batch=8.0, release="1")
    faster = msgspec.structs.replace(
        old, line=2, release="2", tpot_ms=(old.tpot_ms or 0.0) * 0.45, ttft_ms=None
    )
    assert refused([old, faster]) == {}
    assert set(refused([old, msgspec.structs.replace(faster, batch=64.0)])) == {1, 2}


def test_rows_of_one_time_only_are_used_for_that_time() -> None:
    rows = [
        msgspec.structs.replace(measured(1, batch=4.0), ttft_ms=None),
        msgspec.structs.replace(measured(2, batch=8.0), tpot_ms=None),
    ]
    report = validate_performance(rows, hardware=HARDWARE)
    assert (report.rows, report.pairs, report.tpot_median_error, report.interval_80_coverage) == (
        2,
        0,
        None,
        None,
    )
    assert report.tpot_mape == pytest.approx(0.0)
    assert report.ttft_mape == pytest.approx(0.0)


def test_no_rows_give_no_figures() -> None:
    report = validate_performance([], hardware=HARDWARE)
    assert (report.rows, report.tpot_mape, report.ttft_mape, report.pairs_ordered_right) == (
        0,
        None,
        None,
        None,
    )
    assert report.tpot_median_error_absolute is None
    assert report.decisions == 0


def test_a_constant_bias_costs_the_absolute_figure_and_not_the_transfer() -> None:
    rows = [measured(line, off=1.1, batch=2.0**line) for line in range(7)]
    report = validate_performance(rows, hardware=HARDWARE)
    assert report.tpot_mape == pytest.approx(1 - 1 / 1.1)
    assert report.tpot_median_error == pytest.approx(0.0, abs=1e-9)
    assert report.pairs_ordered_right == report.pairs_ordered_right_all == 1.0
    assert set(report.tpot_median_error_by_change) == {"batch"}


def test_refusals_made_while_reading_are_reported_too() -> None:
    _, unread = read_measurements(["model,hardware,isl,osl,batch_size,tpot_ms", "m,h100,many,1,1,1"])
    report = validate_performance([], hardware=HARDWARE, unread=unread)
    assert [fault.line for fault in report.rows_refused] == [2]


def test_the_engine_and_the_formats_are_read_from_the_row() -> None:
    def read(**changes: Any) -> Deployment:
        found = deployment_of(row(**changes), hardware=HARDWARE)
        assert isinstance(found, Deployment)
        return found

    assert read(engine="TRTLLM").engine is TRT_LLM
    assert read(engine=None).engine is VLLM
    assert read(engine=None, load="fixed_batch").engine is VLLM_2023
    assert (read(precision="fp8").precision, read(precision="fp8").kv_precision) == ("fp8", "fp8")
    assert (read(precision=None).precision, read(precision=None).kv_precision) == ("bf16", "bf16")
    assert read(precision="fp8", kv_precision="float16").kv_precision == "bf16"
    assert read(precision="int4_wo", kv_precision="nvfp4").kv_precision == "fp8"  # nearest fitted
    assert read(precision="int4_wo", kv_precision="float32").kv_precision == "bf16"
    assert precision_of("made up", default="bf16") is None


def test_a_fixed_batch_prefills_together_and_does_not_interfere() -> None:
    fixed = measured(
        1, load="fixed_batch", engine=None, hardware="a100", model="llama2-70b", precision=None, tp=8
    )
    loop = measured(1, engine="vllm-2023", hardware="a100", model="llama2-70b", precision=None, tp=8)
    assert fixed.tpot_ms is not None
    assert loop.tpot_ms is not None
    assert fixed.tpot_ms < loop.tpot_ms


def points(*values: tuple[float, float, float], family: str = "m") -> list[MeasuredPoint]:
    return [
        MeasuredPoint(
            family=(family,), batch=batch, lengths=(1.0, 1.0), tp=1, measured_ms=seen, modelled_ms=said
        )
        for batch, seen, said in values
    ]


def test_pairs_are_of_one_family_and_each_way() -> None:
    pairs = pairs_of([*points((1, 10, 10), (2, 20, 20)), *points((1, 5, 5), family="n")])
    assert len(pairs.kind) == 2
    assert pairs.measured_ratio.tolist() == [2.0, 0.5]


def test_what_differs_is_the_kind_of_change() -> None:
    base = MeasuredPoint(family=("m",), batch=1.0, lengths=(1.0, 1.0), tp=1, measured_ms=1.0, modelled_ms=1.0)
    longer = msgspec.structs.replace(base, lengths=(2.0, 1.0))
    both = msgspec.structs.replace(longer, tp=2)
    kinds = pairs_of([base, longer, both]).kind.reshape(3, 2)
    assert kinds[0].tolist() == [1, 3]  # lengths; lengths and group size
    assert kinds[1].tolist() == [1, 2]


def test_only_pairs_far_enough_apart_are_ordered() -> None:
    pairs = pairs_of(points((1, 10.0, 11.0), (2, 10.5, 10.0), (3, 20.0, 19.0)))
    assert ordered_right(pairs, least_difference=0.2) == (1.0, 2)
    share, count = ordered_right(pairs, least_difference=0.0)
    assert (share, count) == (pytest.approx(2 / 3), 3)
    assert ordered_right(pairs, least_difference=9.0) == (None, 0)


def test_the_noise_of_a_file_is_the_most_it_falls_where_only_work_was_added() -> None:
    assert order_noise([]) == order_noise(points((1, 10.0, 1), (2, 11.0, 1))) == 0.05
    assert order_noise(points((1, 10.8, 1), (2, 10.0, 1), (4, 30.0, 1))) == pytest.approx(0.08)
    assert order_noise(points((1, 90.0, 1), (2, 10.0, 1))) == 0.2
    wider_group = [*points((1, 12.0, 1)), *points((2, 10.0, 1), family="n")]
    assert order_noise(wider_group) == 0.05  # another deployment may well be faster


def test_a_longer_answer_is_more_work_in_a_fixed_batch_only() -> None:
    (short,) = points((4, 11.0, 1))
    longer = msgspec.structs.replace(short, lengths=(1.0, 64.0), measured_ms=10.0)
    assert order_noise([short, longer]) == 0.05
    fixed = [msgspec.structs.replace(point, load="fixed_batch") for point in (short, longer)]
    assert order_noise(fixed) == pytest.approx(0.1)


def test_pairs_within_the_noise_are_told_and_not_counted() -> None:
    rows = [measured(line, batch=2.0**line) for line in range(1, 5)]
    odd = msgspec.structs.replace(rows[1], tpot_ms=(rows[0].tpot_ms or 0.0) * 0.99)
    report = validate_performance([rows[0], odd, *rows[2:]], hardware=HARDWARE)
    assert report.pairs_ordered_least_difference == 0.05
    assert report.pairs_ordered < report.pairs
    assert report.pairs_ordered_right == 1.0
    assert report.pairs_ordered_right_all is not None
    assert report.pairs_ordered_right_all < 1.0


def test_coverage_is_that_of_the_shipped_intervals_by_kind_of_change() -> None:
    low, high = RESIDUALS_80["batch"]
    inside = pairs_of(points((1, 10.0, 10.0), (2, 10.0 * high * 0.999, 10.0)))
    assert covered_share(inside) == 1.0
    outside = pairs_of(points((1, 10.0, 10.0), (2, 10.0 * high * 1.001, 10.0)))
    assert covered_by_change(outside) == {"batch": (0.5, 2)}  # the way back is within the lower bound
    assert covered_share(outside) == 0.5
    far = pairs_of(points((1, 10.0, 10.0), (2, 10.0 * 1.2 * high / low, 10.0)))
    assert covered_share(far) == 0.0
    assert covered_share(pairs_of([])) is None


def test_a_mixture_has_intervals_of_its_own() -> None:
    wider = MIXTURE_RESIDUALS_80["batch"][1]
    between = points((1, 10.0, 10.0), (2, 10.0 * (wider + RESIDUALS_80["batch"][1]) / 2, 10.0))
    mixture = [msgspec.structs.replace(point, mixture=True) for point in between]
    assert covered_share(pairs_of(between)) == 0.0
    assert covered_share(pairs_of(mixture)) == 1.0


def test_repeats_are_one_point_at_their_median() -> None:
    rows = [measured(1), measured(2, off=1.2), measured(3, off=1.3)]
    judged, _ = sound_rows(rows, hardware=HARDWARE)
    (only,) = points_of(judged)
    assert only.measured_ms == rows[1].tpot_ms


def test_the_pick_keeps_the_margin_else_is_the_fastest() -> None:
    fast = ConfigurationChoice(measured_ms=10.0, modelled_ms=10.0, measured_usd=5.0, modelled_usd=5.0)
    slow = ConfigurationChoice(measured_ms=20.0, modelled_ms=20.0, measured_usd=1.0, modelled_usd=1.0)
    assert pick([fast, slow], limit_ms=20.9) is fast
    assert pick([fast, slow], limit_ms=21.1) is slow
    assert pick([fast, slow], limit_ms=1.0) is fast


def test_a_perfect_model_decides_without_breaking_a_limit() -> None:
    rows = [measured(line, batch=2.0**line) for line in range(7)]
    judged, _ = sound_rows(rows, hardware=HARDWARE)
    found = decide(judged, hardware=HARDWARE, errors=0.0)
    assert found.count > 5
    assert (found.slo_broken_share, found.mean_regret) == (0.0, 0.0)


def test_a_batch_that_waits_for_memory_is_not_cheap() -> None:
    rows = [measured(line, model="Llama-3.1-70B", batch=4.0**line, hardware="h200") for line in range(1, 7)]
    judged, _ = sound_rows(rows, hardware=HARDWARE)
    assert any(seen.running < row.batch / 2 for row, seen in judged)
    found = decide(judged, hardware=HARDWARE, errors=0.0)
    assert found.count > 0
    assert found.mean_regret == pytest.approx(0.0)
    assert found.slo_broken_share == 0.0


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "rows", "broken"),
    [("llama70b_h200", 132, []), ("splitwise_a100", 415, range(32, 37)), ("dense", 252, [])],
)
def test_the_bars_hold_on_published_rows(shared: Path, name: str, rows: int, broken: Sequence[int]) -> None:
    with (shared / f"{name}_measured.csv").open() as lines:
        read, unread = read_measurements(lines)
    report = validate_performance(read, hardware=HARDWARE, unread=unread)
    assert report.rows == rows
    assert [fault.line for fault in report.rows_refused] == list(broken)
    assert report.tpot_mape is not None
    assert report.tpot_mape <= 0.08
    assert report.tpot_median_error is not None
    assert report.tpot_median_error <= 0.08
    assert min(report.interval_80_coverage_by_change.values()) >= 0.75  # rows of the fit: more than 80 %
    assert report.pairs_ordered_right is not None
    assert report.pairs_ordered_right >= 0.98
    assert report.ttft_mape is not None
    assert report.ttft_mape <= 0.30


@pytest.mark.shared_data
def test_mixtures_are_scored_and_what_is_left_out_of_them_is_named(shared: Path) -> None:
    with (shared / "moe_measured.csv").open() as lines:
        read, unread = read_measurements(lines)
    report = validate_performance(read, hardware=HARDWARE, unread=unread)
    assert report.rows == 176
    assert report.tpot_mape_mixtures is not None
    assert report.tpot_mape_mixtures <= 0.18
    assert report.ttft_mape is not None
    assert report.ttft_mape <= 0.30
    wide = [fault for fault in report.rows_refused if "exceeds one machine" in fault.message]
    assert len(wide) == 26
    assert len(report.rows_refused) == 34


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["llama70b_h200", "splitwise_a100"])
@pytest.mark.parametrize("parts", [2, 4])
def test_the_bars_hold_on_every_part_of_the_rows(shared: Path, name: str, parts: int) -> None:
    with (shared / f"{name}_measured.csv").open() as lines:
        read, _ = read_measurements(lines)
    for part in range(parts):
        report = validate_performance(read[part::parts], hardware=HARDWARE)
        assert (report.tpot_mape or 1.0) <= 0.15
        assert (report.tpot_median_error or 1.0) <= 0.08
        assert min(report.interval_80_coverage_by_change.values()) >= 0.75
        assert (report.pairs_ordered_right or 0.0) >= 0.99


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "decisions"), [("llama70b_h200", 228), ("splitwise_a100", 48), ("dense", 520), ("moe", 225)]
)
def test_decisions_under_a_limit_are_safe_and_near_the_best(shared: Path, name: str, decisions: int) -> None:
    with (shared / f"{name}_measured.csv").open() as lines:
        read, _ = read_measurements(lines)
    report = validate_performance(read, hardware=HARDWARE)
    assert report.decisions == decisions
    assert report.decisions_slo_broken is not None
    assert report.decisions_slo_broken <= 0.03
    assert report.decisions_mean_regret is not None
    assert report.decisions_mean_regret <= 0.125
