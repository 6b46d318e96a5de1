"""What a log can tell, and what it lacks."""

from datetime import UTC, datetime, timedelta

import pytest

from netra.domain.workloads.columns import Events, columns_of, empty_events
from netra.domain.workloads.model import Event
from netra.domain.workloads.sufficiency import ADDS, sufficiency_of

START = datetime(2026, 11, 1, tzinfo=UTC)


def log(*after_h: float) -> Events:
    return columns_of(
        [
            Event(timestamp=START + timedelta(hours=hours), model="m", input_tokens=1, output_tokens=1)
            for hours in after_h
        ]
    )


@pytest.mark.parametrize(
    ("events", "sufficient", "said"),
    [
        (empty_events(), False, "no calls"),
        (log(0), False, "one call"),
        (log(0, 0), True, "one timestamp"),
        (log(0, 3), True, "3.00 h"),
        (log(0, 36), True, "1.50 days"),
    ],
)
def test_the_reason_names_what_limits_the_advice(events: Events, sufficient: bool, said: str) -> None:
    found = sufficiency_of(events)
    assert found.sufficient is sufficient
    assert said in found.reason


def test_a_day_covers_a_day() -> None:
    assert [sufficiency_of(log(0, hours)).covers_a_day for hours in (23.9, 24)] == [False, True]


def test_a_bare_log_lacks_every_optional_field_and_is_told_what_each_adds() -> None:
    found = sufficiency_of(log(0, 1))
    assert found.present == ()
    assert len(found.missing) == len(ADDS)
    assert found.missing[0].field == "prefix_hashes"


def test_fields_that_only_some_calls_have_are_partial() -> None:
    full = Event(
        timestamp=START,
        model="m",
        input_tokens=1,
        output_tokens=1,
        id="a",
        prefix_hashes=[1],
        status="ok",
        latency_ms=5.0,
        cached_input_tokens=0,
    )
    bare = Event(timestamp=START, model="m", input_tokens=1, output_tokens=1)
    fields = ("prefix_hashes", "cached_input_tokens", "latency_ms", "status", "id")
    assert sufficiency_of(columns_of([full, full])).partial == ()
    mixed = sufficiency_of(columns_of([full, bare]))
    assert mixed.present == mixed.partial == fields
