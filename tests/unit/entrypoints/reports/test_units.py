"""How sizes and times are said."""

import doctest

import pytest

from netra.entrypoints.reports import sketch, units
from netra.entrypoints.reports.units import milliseconds, short_count, span, spark, title_of


@pytest.mark.parametrize("module", [units, sketch])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]  # a module, parametrized


def test_a_count_is_exact_below_a_million_and_short_above() -> None:
    assert [short_count(n) for n in (0, 999_999, 1_000_000, 2.5e9, 3e12)] == [
        "0",
        "999,999",
        "1.0 M",
        "2.5 G",
        "3.0 T",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 ms"), (1, "1 s"), (119, "119 s"), (120, "2 min"), (5_400, "1.5 h"), (172_800, "2 days")],
)
def test_a_span_takes_the_unit_a_person_would(seconds: float, said: str) -> None:
    assert span(seconds) == said


@pytest.mark.parametrize(("ms", "said"), [(0.5, "0.5 ms"), (100, "100 ms"), (10_000, "10 s")])
def test_milliseconds_become_seconds_when_they_are_many(ms: float, said: str) -> None:
    assert milliseconds(ms) == said


def test_a_line_of_bars_has_one_mark_a_value_and_blanks_for_nothing() -> None:
    assert spark([]) == ""
    assert spark([0, 0]) == "  "
    assert spark([1, 8, 0]) == "▁█ "


def test_a_kind_nobody_named_is_still_words() -> None:
    assert title_of("waste") == "Waste"
    assert title_of("gpu_choice") == "GPU choice"
