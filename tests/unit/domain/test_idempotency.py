"""What a second request with the same idempotency key gets."""

from datetime import UTC, datetime, timedelta

import pytest

from netra.domain.errors import IdempotencyInProgress, IdempotencyKeyReused
from netra.domain.idempotency import ANSWER_KEPT, ATTEMPT_KEPT, KeptAnswer, KeyDecision, on_key

AT = datetime(2024, 1, 1, tzinfo=UTC)
GOING_ON = KeptAnswer(fingerprint="f", began_at=AT)
ENDED = KeptAnswer(fingerprint="f", began_at=AT, answer=b"")
TICK = timedelta(microseconds=1)


def decide(kept: KeptAnswer | None, *, fingerprint: str = "f", after: timedelta = TICK) -> KeyDecision:
    return on_key(kept, key="k", fingerprint=fingerprint, now=AT + after)


def test_the_first_goes_on():
    assert decide(None) is KeyDecision.GO_ON


def test_an_ended_request_is_repeated_for_a_day():
    assert decide(ENDED) is KeyDecision.REPEAT
    assert decide(ENDED, after=ANSWER_KEPT - TICK) is KeyDecision.REPEAT
    assert decide(ENDED, after=ANSWER_KEPT) is KeyDecision.GO_ON


def test_a_request_that_goes_on_is_waited_for_and_forgotten_when_it_died():
    with pytest.raises(IdempotencyInProgress):
        decide(GOING_ON, after=ATTEMPT_KEPT - TICK)
    assert decide(GOING_ON, after=ATTEMPT_KEPT) is KeyDecision.GO_ON


@pytest.mark.parametrize("kept", [GOING_ON, ENDED])
def test_another_request_is_refused_while_the_key_counts(kept):
    with pytest.raises(IdempotencyKeyReused):
        decide(kept, fingerprint="g")
    assert decide(kept, fingerprint="g", after=ANSWER_KEPT) is KeyDecision.GO_ON
