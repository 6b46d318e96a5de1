"""Tables of measurements: known column names, broken lines by number, a stranger's file refused."""

import pytest

from netra.adapters.files.measurements import read_measurements
from netra.domain.errors import UnreadableFile

AGGREGATED = (
    "backend,model_path,system,precision,gemm_quant_mode,isl,osl,batch_size,tp_size,"
    "silicon_ttft_ms,silicon_tpot_ms"
)
FIXED = "model,hardware,prompt_size,batch_size,token_size,prompt_time,token_time,tensor_parallel"


def test_both_published_tables_are_understood() -> None:
    (one,), _ = read_measurements([AGGREGATED, "vllm,org/M,h200_sxm,fp8,fp8_block,1024,512,8,2,100.5,9.5"])
    assert (one.model, one.hardware, one.engine, one.precision, one.tp) == (
        "org/M",
        "h200_sxm",
        "vllm",
        "fp8_block",
        2,
    )
    assert (one.input_tokens, one.output_tokens, one.batch, one.ttft_ms, one.tpot_ms) == (
        1024,
        512,
        8,
        100.5,
        9.5,
    )
    assert (one.load, one.line) == ("closed_loop", 2)
    (two,), _ = read_measurements([FIXED, "m,a100-80gb,512,4,128,196.2,54.8,8"])
    assert (two.load, two.engine, two.precision, two.tp, two.ttft_ms) == ("fixed_batch", None, None, 8, 196.2)


def test_a_missing_time_or_group_size_is_not_made_up() -> None:
    (one,), faults = read_measurements(["model,gpu,isl,osl,batch,ttft_ms,tpot_ms", "m,h100,1,1,1,,5"])
    assert (one.ttft_ms, one.tpot_ms, one.tp, faults) == (None, 5.0, 1, ())


def test_a_broken_line_costs_itself_only() -> None:
    rows, faults = read_measurements(
        [FIXED, "m,a100,512,4,128,1,2,8", "m,a100,x,4,128,1,2,8", ",a100,1,1,1,1,1,1", "m"]
    )
    assert [row.line for row in rows] == [2]
    assert [(fault.line, fault.message) for fault in faults] == [
        (3, "Line 3: input is 'x', which is not a number."),
        (4, "Line 4: no model is named."),
        (5, "Line 5: no hardware is named."),
    ]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (
            "TIMESTAMP,ContextTokens",
            "needs model, hardware, isl, osl, batch_size; found the columns TIMESTAMP",
        ),
        ("model,hardware,isl,osl,batch_size", "a measured TTFT or TPOT"),
        ("", "found the columns none"),
    ],
)
def test_a_file_of_another_kind_is_told_what_is_missing(header: str, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        read_measurements([header] if header else [])
