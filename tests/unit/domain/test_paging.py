"""Pages are bounded, and a cursor is a position."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.errors import ValidationFailed
from netra.domain.paging import Page, PageRequest, Position, cursor_of, page_request

KEPT = st.characters(codec="utf-8", exclude_characters="\x00")


@pytest.mark.parametrize(("limit", "offset"), [(1, 0), (100, 10_000), (20, 40)])
def test_a_request_within_bounds_is_taken_as_it_is(limit: int, offset: int) -> None:
    assert page_request(limit=limit, offset=offset, cursor=None) == PageRequest(limit=limit, offset=offset)


@pytest.mark.parametrize(("limit", "offset", "paths"), [(0, 0, ["limit"]), (101, -1, ["limit", "offset"])])
def test_a_request_out_of_bounds_is_refused_and_never_clamped(
    limit: int, offset: int, paths: list[str]
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        page_request(limit=limit, offset=offset, cursor=None)
    assert [fault.path for fault in refused.value.faults] == paths


@given(at=st.datetimes(timezones=st.just(UTC)), key=st.text(KEPT, max_size=80))
def test_a_cursor_comes_back_as_the_position_it_was_made_of(at: datetime, key: str) -> None:
    position = Position(at=at, id=key)
    assert page_request(limit=5, offset=0, cursor=cursor_of(position)).after == position


@pytest.mark.parametrize("cursor", ["", "!", "bm9wZQ", "eyJhdCI6MX0", "é"])
def test_a_cursor_nobody_gave_out_is_refused(cursor: str) -> None:
    with pytest.raises(ValidationFailed, match="cursor"):
        page_request(limit=5, offset=0, cursor=cursor)


@pytest.mark.parametrize("extra", ["!", " ", "\n", "é", "=" * 512])
def test_characters_that_no_cursor_has_are_refused_and_not_skipped(extra: str) -> None:
    cursor = cursor_of(Position(at=datetime(2024, 1, 1, tzinfo=UTC), id="a"))
    with pytest.raises(ValidationFailed, match="cursor"):
        page_request(limit=5, offset=0, cursor=cursor + extra)


def test_a_cursor_without_a_time_zone_is_refused() -> None:
    cursor = cursor_of(Position(at=datetime(2024, 1, 1), id="a"))  # noqa: DTZ001  # the fault under test
    with pytest.raises(ValidationFailed, match="cursor"):
        page_request(limit=5, offset=0, cursor=cursor)


def test_a_cursor_to_what_no_store_can_hold_is_refused() -> None:
    cursor = cursor_of(Position(at=datetime(2024, 1, 1, tzinfo=UTC), id="run-1\x00"))
    with pytest.raises(ValidationFailed, match="cursor"):
        page_request(limit=5, offset=0, cursor=cursor)


def test_offset_and_cursor_together_are_refused() -> None:
    cursor = cursor_of(Position(at=datetime(2024, 1, 1, tzinfo=UTC), id="a"))
    with pytest.raises(ValidationFailed, match="not both"):
        page_request(limit=5, offset=1, cursor=cursor)


def test_a_page_has_more_exactly_when_it_names_a_next_position() -> None:
    last = Page(items=[1], total=1, limit=20, offset=0)
    first = Page(items=[1], total=2, limit=1, offset=0, next=Position(at=datetime.now(UTC), id="x"))
    assert (last.has_more, first.has_more) == (False, True)
