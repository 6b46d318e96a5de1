"""Read numbers as people write them, each once and whole."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.agents.numbers.digits import Convention, convention_of, read_digits
from netra.domain.agents.numbers.lexicon import Unit, months_in
from netra.domain.agents.numbers.reader import NUMBERS_MAX, read_numbers
from netra.domain.agents.numbers.spelled import spelled_numbers


def read(text: str) -> list[tuple[str, float]]:
    return [(number.unit.value, number.value) for number in read_numbers(text)]


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("twenty five percent cheaper", "share", 0.25),
        ("one hundred and fifty ms", "ms", 150.0),
        ("a hundred milliseconds", "ms", 100.0),
        ("1,5 s", "ms", 1_500.0),
        ("2.500,00 €", "money", 2_500.0),
        ("1 500 ms", "ms", 1_500.0),
        ("1'500 ms", "ms", 1_500.0),
        ("1.250 s", "ms", 1_250.0),
        ("3/4 of the price", "share", 0.75),
        ("2/3rds of it", "share", pytest.approx(2 / 3)),
        ("two thirds of it", "share", pytest.approx(2 / 3)),
        ("¾ of it", "share", 0.75),
        ("2½ s", "ms", 2_500.0),
        ("1 1/2 s", "ms", 1_500.0),
        ("two and a half seconds", "ms", 2_500.0),
        ("2 and a half seconds", "ms", 2_500.0),
        ("half a second", "ms", 500.0),
        ("a quarter of a second", "ms", 250.0),
        ("half a million tokens", "count", 500_000.0),
        ("two thousand five hundred tokens", "count", 2_500.0),
        ("a dozen GPUs", "count", 12.0),
        ("within a second", "ms", 1_000.0),
        ("sub-second answers", "ms", 1_000.0),
        ("sub-500ms", "ms", 500.0),
        ("5 grand a month", "money", 5_000.0),
        ("5 thousand dollars", "money", 5_000.0),
        ("$0.5M/yr", "money", 500_000.0),
        ("USD 300", "money", 300.0),
        ("300 USD", "money", 300.0),
        ("5000$", "money", 5_000.0),
        ("$5000 USD", "money", 5_000.0),
        ("75 cents", "money", 0.75),
        ("1e3 calls", "count", 1_000.0),
        ("5m tokens", "count", 5e6),
        ("1.2M requests", "count", 1.2e6),
        ("40 tok/s", "count", 40.0),
        ("x2 faster", "factor", 2.0),
        ("by a factor of 3", "factor", 3.0),
        ("3-fold", "factor", 3.0),
        ("an order of magnitude", "factor", 10.0),
        ("double", "factor", 2.0),
        ("halve the bill", "share", 0.5),
        ("25 bps", "share", 0.0025),
        ("P99.9", "percentile", 99.9),
        ("p999", "percentile", 99.9),
        ("99th percentile", "percentile", 99.0),
        ("95%ile", "percentile", 95.0),
        ("the median", "percentile", 50.0),
        ("低于500毫秒", "ms", 500.0),
        ("20 Prozent", "share", 0.2),
        ("budget: 10k", "bare", 10_000.0),
        ("0.5 GB", "gib", 0.5),
    ],
)
def test_a_number_is_read_whole(text: str, unit: str, value: object) -> None:
    assert read(text) == [(unit, value)]


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("20-30 %", (0.2, 0.3)),
        ("between 20 and 30 percent", (0.2, pytest.approx(0.3))),
        ("300–500 ms", (300.0, 500.0)),
        ("$3k to $5k a month", (3_000.0, 5_000.0)),
        ("$3-5k a month", (3_000.0, 5_000.0)),
        ("2-3x", (2.0, 3.0)),
        ("30 or 20 %", (0.2, 0.3)),
        ("0-5 %", (0.0, 0.05)),
        ("20 %-30 %", (0.2, 0.3)),
    ],
)
def test_a_range_is_one_number_with_two_ends(text: str, ends: tuple[float, float]) -> None:
    (number,) = read_numbers(text)
    assert (number.value, number.high) == ends
    assert number.text == text.removeprefix("between ")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from 8k to $5k a month", [("money", 8_000.0), ("money", 5_000.0)]),
        ("from 900 to 500 ms", [("ms", 900.0), ("ms", 500.0)]),
        ("900 ms to 500 ms", [("ms", 900.0), ("ms", 500.0)]),
        ("p99 under 500 ms", [("percentile", 99.0), ("ms", 500.0)]),
        ("TTFT p99 <= 1 s, TPOT p99 <= 50 ms",
         [("percentile", 99.0), ("ms", 1_000.0), ("percentile", 99.0), ("ms", 50.0)]),
        ("2 or five ms", [("bare", 2.0), ("ms", 5.0)]),
        ("20 % cheaper and 2x faster", [("share", 0.2), ("factor", 2.0)]),
        ("10-20 or 30 %", [("bare", 10.0), ("share", 0.2)]),
        ("20-40-60 %", [("bare", 20.0), ("share", 0.4)]),
    ],
)  # fmt: skip
def test_several_numbers_are_read_apart(text: str, found: list[tuple[str, float]]) -> None:
    assert read(text) == found


@pytest.mark.parametrize(
    ("text", "period", "per"),
    [
        ("$5k a month", "month", ""),
        ("$5k/mo", "month", ""),
        ("a monthly budget of $5000", "month", ""),
        ("$120k annually", "year", ""),
        ("$2.50 per GPU hour", "", "gpu"),
        ("$3 per 1M tokens", "", "token"),
        ("20 requests per second", "second", ""),
        ("20 rps", "second", ""),
        ("500 ms", "", ""),
        ("$5", "", ""),
    ],
)
def test_a_period_and_a_price_of_a_thing_are_read(text: str, period: str, per: str) -> None:
    (number,) = read_numbers(text)
    assert (number.period, number.per) == (period, per)


@pytest.mark.parametrize(
    "text",
    [
        "02/11/2026 at 12:00", "since Nov 3", "2026-11-20T14:00:00Z", "on the 3rd", "24/7", "1.2.3", "#17",
        "1. first", "gpt-4", "v2", "in Q3 2026", "since 2024", "12.34,56,7", "no number",
    ],
)  # fmt: skip
def test_digits_that_are_no_amount_are_left_out(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("1.500 ms", "“1.500” can be read in two ways; write 1500 or 1.5"),
        ("5m", "“5m” can be million or minutes; write which"),
        ("1,000 calls in 1.500 ms", ""),
        ("1,5 s oder 1.500 ms", ""),
    ],
)
def test_a_number_that_can_be_read_in_two_ways_says_so(text: str, doubt: str) -> None:
    assert read_numbers(text)[-1].doubt == doubt


def test_the_convention_of_the_other_numbers_decides() -> None:
    assert [n.value for n in read_numbers("1,5 s oder 1.500 ms")] == [1_500.0, 1_500.0]
    assert read_numbers("1,500 ms", convention=Convention.COMMA)[0].value == 1.5
    assert read_numbers("1.500 ms", convention=Convention.POINT)[0].value == 1.5
    assert convention_of("1,5 and 1.5") is None


@pytest.mark.parametrize(("chunk", "value"), [("1,234,567", 1_234_567.0), (".5", 0.5), ("1.234,5", 1_234.5)])
def test_separators_are_read_by_their_place(chunk: str, value: float) -> None:
    digits = read_digits(chunk, convention=None)
    assert digits is not None
    assert digits.value == value


@pytest.mark.parametrize("chunk", ["1.2.3", "1,23,456.7", "1.2,3,4"])
def test_what_is_no_number_is_none(chunk: str) -> None:
    assert read_digits(chunk, convention=None) is None


def test_a_sign_and_a_verb_say_up_or_down() -> None:
    numbers = read_numbers("-20 %, +30 %, 20 %, halve, double")
    assert [number.lowers for number in numbers] == [True, False, None, True, False]
    assert [number.sign for number in numbers[:2]] == ["-", "+"]


def test_money_carries_its_currency_and_a_count_its_noun() -> None:
    assert [number.currency for number in read_numbers("$5, 5 €, £5, CHF 5")] == ["USD", "EUR", "GBP", "CHF"]
    assert [number.is_usd for number in read_numbers("$5, 5 €")] == [True, False]
    assert [number.noun for number in read_numbers("5 calls, 4 GPUs, 3 users")] == ["call", "gpu", "user"]


@pytest.mark.parametrize("text", ["a couple hundred dollars", "a few thousand calls"])
def test_a_vague_number_is_in_doubt(text: str) -> None:
    assert read_numbers(text)[0].doubt.endswith("is no exact number")


def test_the_step_is_the_size_of_the_last_digit() -> None:
    steps = [number.step for number in read_numbers("12.5 %, $1.2k, 500 ms")]
    assert steps == pytest.approx([0.001, 100.0, 1.0])


def test_a_text_full_of_numbers_is_read_in_part() -> None:
    assert len(read_numbers("7 ms " * 300)) == NUMBERS_MAX


def test_a_period_has_its_share_of_a_month() -> None:
    assert months_in("quarter") == pytest.approx(1 / 3)


def test_text_without_number_words_yields_none() -> None:
    assert list(spelled_numbers("plain")) == []
    assert list(spelled_numbers("a / b, 5/3")) == []


@given(st.text(alphabet="0123456789,.'½/ %$xmskKM-halftonedundred", max_size=60))
def test_a_number_stands_where_it_says(text: str) -> None:
    numbers = read_numbers(text)
    assert all(text[number.start : number.end] == number.text for number in numbers)
    assert all(one.end <= other.start for one, other in pairwise(numbers))
    assert all(number.value >= 0 and isinstance(number.unit, Unit) for number in numbers)
