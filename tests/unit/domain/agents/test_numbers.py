"""The guard of wording: a number in a text must stand in the payload."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.agents.numbers import stated, unsupported
from netra.domain.optimization.wording import cost_change, count, money, percent


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("saves $1,234.50 a month", [1_234.5]),
        ("-27.5 % of 19,366 calls", [27.5, 19_366.0]),
        ("between 0.28 h and 2,573.1 times", [0.28, 2_573.1]),
        ("1e-05 dollars", [1e-05]),
        ("gpt-4o-mini at p99, rec-1 of wl-123 on an H100", []),
        ("2026-11-20T14:00:00Z", []),
        ("3 of 4.", [3.0, 4.0]),
    ],
)
def test_numbers_are_found_and_names_are_not(text: str, values: list[float]) -> None:
    assert [number.value for number in stated(text)] == values


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("27.5 % less", {"share": 0.27512}),
        ("27.5 % less", {"percent": 27.51}),
        ("2.5 s", {"ttft_ms": 2_480.0}),
        ("0.97 h", {"span": {"seconds": 3_501.7}}),
        ("$12,346 a month", ["nested", {"usd": [12_345.6]}]),
        ("a loss of $41", {"usd": -41.2}),
        ("3 calls", {"calls": 3, "ok": True, "none": None}),
        ("500 ms as asked", {"goals": {"unread": ["“500 ms”: what of?"]}}),
        ("the 60 s window", {"ttl": {60: 0.3}}),
    ],
)
def test_a_number_of_the_payload_may_be_rounded_and_told_in_its_units(text: str, payload: object) -> None:
    assert unsupported(text, payload) == ()


@pytest.mark.parametrize(
    ("text", "payload", "missing"),
    [
        ("27.6 % less", {"share": 0.27512}, ("27.6 %",)),
        ("$42 and 7 calls", {"usd": 41.2, "calls": 7}, ("42",)),
        ("1 call", {"ok": True}, ("1",)),
        ("0.1 s", {"ms": 1_000}, ("0.1 s",)),
        ("12 calls", {}, ("12",)),
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
    assert unsupported(text, {"usd": usd, "share": share, "calls": calls}) == ()


@given(st.text(max_size=60))
def test_no_text_makes_it_raise(text: str) -> None:
    assert unsupported(text, {"said": text}) == ()


def test_a_payload_may_hold_structs() -> None:
    class Money(msgspec.Struct):
        usd: float

    assert unsupported("$5", Money(usd=5.0)) == ()
