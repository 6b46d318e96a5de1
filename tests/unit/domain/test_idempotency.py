"""What a second request with the same idempotency key gets."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from netra.domain.errors import IdempotencyInProgress, IdempotencyKeyReused
from netra.domain.idempotency import KEY_KEPT, TRY_LASTS, KeyEntry, is_repeated, name_of, on_key
from netra.domain.ids import UserId

AT = datetime(2024, 1, 1, tzinfo=UTC)
GOING_ON = KeyEntry(fingerprint="f", began_at=AT, tried_at=AT)
LET_GO = replace(GOING_ON, tried_at=None)
ENDED = replace(GOING_ON, answer=b"")
TICK = timedelta(microseconds=1)


def decide(kept: KeyEntry | None, *, fingerprint: str = "f", after: timedelta = TICK) -> KeyEntry:
    return on_key(kept, key="k", fingerprint=fingerprint, now=AT + after)


def first(*, fingerprint: str = "f", after: timedelta = TICK) -> KeyEntry:
    return KeyEntry(fingerprint=fingerprint, began_at=AT + after, tried_at=AT + after)


def name(entry: KeyEntry, *, owner_id: int = 1, key: str = "k") -> str:
    return name_of(entry, owner_id=UserId(owner_id), key=key)


def test_the_first_goes_on() -> None:
    assert decide(None) == first()


def test_an_ended_request_is_repeated_for_a_day() -> None:
    assert decide(ENDED) == ENDED
    assert decide(ENDED, after=KEY_KEPT - TICK) == ENDED
    assert decide(ENDED, after=KEY_KEPT) == first(after=KEY_KEPT)


def test_a_try_that_goes_on_is_waited_for_and_followed_by_another_when_it_died() -> None:
    with pytest.raises(IdempotencyInProgress):
        decide(GOING_ON, after=TRY_LASTS - TICK)
    again = decide(GOING_ON, after=TRY_LASTS)
    assert again == replace(GOING_ON, tried_at=AT + TRY_LASTS)
    with pytest.raises(IdempotencyInProgress):
        decide(again, after=TRY_LASTS + TICK)


def test_a_try_that_was_let_go_is_followed_by_another_at_once() -> None:
    assert decide(LET_GO) == replace(GOING_ON, tried_at=AT + TICK)
    assert decide(LET_GO, after=KEY_KEPT) == first(after=KEY_KEPT)


@pytest.mark.parametrize("kept", [GOING_ON, ENDED])
def test_another_request_is_refused_while_the_key_counts(kept: Any) -> None:
    with pytest.raises(IdempotencyKeyReused):
        decide(kept, fingerprint="g")
    assert decide(kept, fingerprint="g", after=KEY_KEPT) == first(fingerprint="g", after=KEY_KEPT)


@pytest.mark.parametrize(("kept", "after"), [(LET_GO, TICK), (GOING_ON, TRY_LASTS)])
def test_another_request_may_have_the_key_of_one_that_nobody_works_on(kept: Any, after: Any) -> None:
    assert decide(kept, fingerprint="g", after=after) == first(fingerprint="g", after=after)


def test_what_a_request_makes_is_named_alike_at_each_try() -> None:
    assert name(decide(LET_GO)) == name(GOING_ON)
    assert re.fullmatch("[0-9a-f]{38}", name(GOING_ON))


def test_requests_name_what_they_make_differently_and_in_the_order_they_began() -> None:
    later = replace(GOING_ON, began_at=AT + timedelta(milliseconds=1))
    names = {
        name(GOING_ON),
        name(GOING_ON, owner_id=2),
        name(GOING_ON, key="l"),
        name(replace(GOING_ON, fingerprint="g")),
        name(replace(GOING_ON, began_at=AT + TICK)),
    }
    assert len(names) == 5
    assert name(later) > max(names)


def test_a_request_is_repeated_if_an_earlier_try_may_have_done_its_work() -> None:
    assert not is_repeated(decide(None))
    assert is_repeated(decide(ENDED))
    assert is_repeated(decide(LET_GO))
    assert is_repeated(decide(GOING_ON, after=TRY_LASTS))
