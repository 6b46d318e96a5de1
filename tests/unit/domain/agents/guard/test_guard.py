"""The guard of wording: a number in a text must stand in the payload."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.agents.guard.figures import NumberKind, figures
from netra.domain.agents.guard.guard import unsupported
from netra.domain.optimization.wording import cost_change, count, money, percent


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("saves $1,234.50 a month", [1_234.5]),
        ("-27.5 % of 19,366 calls", [0.275, 19_366.0]),
        ("between 0.28 h and 2,573.1 times", [1_008.0, 2_573.1]),
        ("1e-05 dollars, 1e+06 times", [1e-05, 1e6]),
        ("gpt-4o-mini at p99, rec-1 of wl-123 on an H100", []),
        ("2026-11-20T14:00:00Z, 20 November, Nov 20, 2026, 14:05, 2026/11/20, 20.11.2026", []),
        ("3 of 4.", [3.0, 4.0]),
        ("1. Cache.\n2. Batch.\n7. Jump.", [7.0]),
        ("the 1st and the 99th", []),
        ("$1.2k, 3M tokens, 40 thousand", [1_200.0, 3e6, 40_000.0]),
        ("122 to 172 ms, 3-5 %, between 2 and 4 s", [0.122, 0.172, 0.03, 0.05, 2.0, 4.0]),
        ("5 and 6 ms", [5.0, 0.006]),
        ("$3–4", [3.0, 4.0]),
        ("two of the twenty-five, one hundred and five, a dozen", [2.0, 25.0, 105.0, 12.0]),
        ("one of them, one call, one percent", [1.0, 0.01]),
        ("half, a third, three quarters, ½", [0.5, 1 / 3, 0.75, 0.5]),
        ("half an hour, a quarter of an hour", [1_800.0, 900.0]),
        ("twice, triple, fourfold, an order of magnitude", [2.0, 3.0, 4.0, 10.0]),
        ("**5** of `6`", [5.0, 6.0]),
        (".5 %", [0.005]),
        ("80 GB of 1 TB", [80.0, 1_024.0]),
        ("5 cents", [0.05]),
        ("some nine thousand calls, 2½ s", [9_000.0, 2.5]),
        ("every fourth call, one call in fifty", [0.25, 0.02]),
        ("within a second, called 5 times", [5.0]),
        ("of the calls, 5 are tests; -5 %", [5.0, 0.05]),
    ],
)
def test_numbers_are_found_in_their_scale_and_names_are_not(text: str, values: list[float]) -> None:
    assert [number.value for number in figures(text).numbers] == pytest.approx(values)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("$5 a month", "month"),
        ("$5/mo", "month"),
        ("$5 monthly", "month"),
        ("a monthly bill of $5", "month"),
        ("$5 per GPU hour", "hour"),
        ("$5 per annum", "year"),
        ("an annual bill of $5", "year"),
        ("$5 daily", "day"),
        ("1,100 tokens a minute", "minute"),
        ("$5 over the log", ""),
    ],
)
def test_a_number_is_read_with_its_period(text: str, period: str) -> None:
    assert [number.period for number in figures(text).numbers] == [period]


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("saves about $5", "down"),
        ("$5 a month less", "down"),
        ("12 % dearer", "up"),
        ("adds up to $5", ""),
        ("more than $5", ""),
        ("from $5 to $4", ""),
    ],
)
def test_a_number_is_read_with_what_it_says_of_the_change(text: str, way: str) -> None:
    assert figures(text).numbers[0].way == way


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("27.5 % less", {"share": 0.27512}),
        ("27.5 % less", {"percent": 27.51}),
        ("2.5 s", {"ttft_ms": 2_480.0}),
        ("0.97 h", {"span": {"seconds": 3_501.7}}),
        ("$12,346 a month", ["nested", {"usd_per_month": [12_345.6]}]),
        ("a loss of $41", {"usd": -41.2}),
        ("3 calls", {"calls": 3, "ok": True, "none": None}),
        ("You asked for 99 % less.", {"goals": {"saving_share": 0.99}}),
        ("500 ms as asked", {"goals": {"unread": ["“500 ms: what of?"]}}),
        ("the 60 s window", {"ttl": {60: 0.3}}),
        ("three recommendations", {"recommendations": ["a", "b", "c"]}),
        ("about $1,400 a month", {"bill_usd_per_month": 1_387.95}),
        ("more than $1,300", {"bill_usd": 1_387.95}),
        ("less than $1,400", {"bill_usd": 1_387.95}),
        ("about half of it", {"share": 0.49}),
        ("-15 % and 15 % less", {"saved_share": 0.15}),
        ("+15 % and 15 % more", {"saved_share": -0.15}),
        ("30 % more traffic, 1.3 times today's", {"traffic_growth": 0.3}),
        ("20 % less traffic", {"traffic_growth": -0.2}),
        ("the target, twice as fast or 2x", {"targets": [{"target": "speedup", "asked": 2.0}]}),
        ("an H100 at p99", {"latency_ms_p99": 5, "gpu": "H100-PCIe-80GB"}),
        ("GPT 4o mini and openai/gpt-4o-mini", {"model": "gpt-4o-mini"}),
        ("H100 PCIe with Llama 3.1 70B", {"gpu": "H100-PCIe-80GB", "model": "Llama-3.1-70B"}),
        ("on 20 November, at 14:05 UTC", {"change_at": "2026-11-20T14:05:00Z"}),
        ("it is $9, -90.0 % less than now", {"saved_usd": 9, "saved_share": -0.9}),
        ("0.043 of the answers", {"break_even_accept_rate": 0.0429}),
        ("answers take 5 s at most", {"latency_ms": {"max": 5_000.0}}),
        ("a bill of zero dollars", {"usd": 0.0}),
        ("$2.7e-194, $2.7e-12", {"usd": [2.69e-194, 2.7e-12]}),
        ("Every call is of the same model.", {"by_model": [{"name": "a", "requests": 3}]}),
        ("one day", {"span": {"seconds": 89_000.0}}),
        ("12.34,56,7", {"note": "12.34,56,7"}),
        ("$0.00", {"usd": 0.001}),
        ("$0.00 less", {"saved_usd": 0.0, "savings": {"usd_in_window": -0.004}}),
    ],
)
def test_a_number_of_the_payload_may_be_rounded_and_told_in_its_units(text: str, payload: object) -> None:
    assert unsupported(text, payload) == ()


@pytest.mark.parametrize(
    ("text", "payload", "missing"),
    [
        ("27.6 % less", {"share": 0.27512}, ("27.6 %",)),
        ("$42 and 7 calls", {"usd": 41.2, "calls": 7}, ("$42",)),
        ("1 call", {"ok": True}, ("1",)),
        ("0.1 s", {"latency_ms": 1_000}, ("0.1 s",)),
        ("12 calls", {}, ("12",)),
        ("7 tokens", {"calls": 7}, ("7",)),
        ("$0", {"usd": 0.21}, ("$0",)),
        ("$41 a year", {"usd_per_month": 41.2}, ("$41",)),
        ("€41", {"usd": 41.2}, ("€41",)),
        ("+15 %", {"saved_share": 0.15}, ("+15 %",)),
        ("15 % more", {"saved_share": 0.15}, ("15 %",)),
        ("saves 15 %", {"saved_share": -0.15, "share": 0.15}, ("15 %",)),
        ("$0.00 less", {"usd": 0.001, "saved_usd": -0.004}, ("$0.00",)),
        ("gpt-4", {"model": "gpt-4.1"}, ("gpt-4",)),
        ("gpt-4o", {"model": "gpt-4o-mini"}, ("gpt-4o",)),
        ("H200", {"gpu": "H100-PCIe-80GB"}, ("H200",)),
        ("p95", {"latency_ms_p99": 1.0}, ("p95",)),
        ("on 21 November", {"change_at": "2026-11-20T14:05:00Z"}, ("21 November",)),
        ("dozens of calls", {"calls": 36}, ("dozens",)),
        ("more than $1,300", {"usd": 2_000.0}, ("$1,300",)),
        ("3 engineers", {"recommendations": ["a", "b", "c"]}, ("3",)),
        ("half of it", {"share": 0.52}, ("half",)),
        ("The saving is 99 %.", {"goals": {"saving_share": 0.99}}, ("99 %",)),
        ("Twice as fast now.", {"targets": [{"target": "speedup", "asked": 2.0}]}, ("Twice",)),
        ("in Nov 2025 and on 1/2/2026", {"at": "2026-11-20"}, ("Nov 2025", "1/2/2026")),
        ("10.0.0.1 and #5", {"events": ["#4"]}, ("10.0.0.1", "#5")),
        ("12.34,56,7 calls and 5m", {"calls": 12}, ("12.34,56,7", "5m")),
        ("from €0.21 to $0.18", {"usd": [0.21, 0.18]}, ("€0.21",)),
        ("two hours", {"span": {"seconds": 3_600.0}}, ("two hours",)),
        ("a few thousand calls", {"calls": 3_000}, ("thousand",)),
    ],
)
def test_a_number_that_is_not_in_the_payload_is_found(
    text: str, payload: object, missing: tuple[str, ...]
) -> None:
    assert unsupported(text, payload) == missing


@given(
    st.floats(min_value=1e-4, max_value=1e12), st.floats(min_value=-10, max_value=1), st.integers(0, 10**9)
)
def test_everything_the_wording_writes_is_supported(usd: float, share: float, calls: int) -> None:
    text = f"{money(usd)}, {percent(share)}, {cost_change(share)}, {count(calls, 'call')}"
    assert unsupported(text, {"usd": usd, "share": share, "saved_share": share, "calls": calls}) == ()


@given(st.text(max_size=60))
def test_no_text_makes_it_raise(text: str) -> None:
    assert unsupported(text, {"said": text}) == ()


@given(
    st.floats(min_value=0.06, max_value=1e9), st.integers(0, 3), st.sampled_from(["a month", "a year", ""])
)
def test_of_a_payload_s_own_number_only_its_own_reading_stands(usd: float, places: int, period: str) -> None:
    payload = {"saved_usd_per_month": usd}
    told = f"{usd:,.{places}f}"
    is_honest = period != "a year" and (float(told.replace(",", "")) > 0 or places > 0)
    assert (unsupported(f"saves ${told} {period}", payload) == ()) == is_honest
    assert unsupported(f"loses ${told}", payload) != ()
    assert unsupported(f"saves ${2 * usd + 1:,.2f}", payload) != ()


def test_what_a_number_counts_is_said_by_the_words_around_it() -> None:
    kinds = [
        number.kind for number in figures("9 calls, 5 repeated prompts, 3 GPUs, 2 replicas, 4 ideas").numbers
    ]
    assert kinds == [
        NumberKind.CALLS,
        NumberKind.CALLS,
        NumberKind.GPUS,
        NumberKind.REPLICAS,
        NumberKind.COUNT,
    ]


def test_a_payload_may_hold_structs() -> None:
    class Money(msgspec.Struct):
        usd: float

    assert unsupported("$5", Money(usd=5.0)) == ()
