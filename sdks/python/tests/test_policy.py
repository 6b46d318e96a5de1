"""The policy of one call in simulated time: what is repeated, how often, how long after."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netra_sdk import errors
from netra_sdk._policy import Answer, Call, Lost, Options, Send, Sign, Sleep, steps

OK = Answer(status=200, headers={}, body=b"{}")
LOST = Lost(why="reset", was_sent=True)
UNSENT = Lost(why="refused", was_sent=False)


def refusal(status: int, code: str = "X", **headers: str) -> Answer:
    body = (
        b'{"error": {"code": "%b", "message": "words", "details": {}}, "request_id": "req-1"}' % code.encode()
    )
    return Answer(status=status, headers=headers, body=body)


class World:
    """Simulated time, and a server that gives the listed answers, the last one for ever."""

    def __init__(self, *answers: Answer | Lost, takes: float = 0.01, renews: bool = False) -> None:
        self.now = 0.0
        self.answers = list(answers)
        self.takes = takes
        self.renews = renews
        self.sent: list[Send] = []
        self.slept: list[float] = []
        self.signed: list[str | None] = []

    def run(self, safety: str = "G", *, method: str = "GET", **options: Any) -> Any:
        call = Call(method=method, path="/x", template="/x", safety=safety, read=bytes, empty=b"gone")
        running = steps(call, Options(**options), headers={}, clock=lambda: self.now, chance=lambda: 1.0)
        step = next(running)
        try:
            while True:
                step = running.send(self._do(step))
        except StopIteration as end:
            return end.value

    def _do(self, step: Any) -> Any:
        match step:
            case Sign(stale=stale):
                self.signed.append(stale)
                return "Bearer new" if stale is None or self.renews else None
            case Send():
                self.sent.append(step)
                self.now += min(self.takes, step.timeout)
                return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            case Sleep(seconds=pause):
                self.slept.append(pause)
                self.now += pause
                return None


@pytest.mark.parametrize("safety", ["G", "K", "P", "D"])
def test_a_lost_answer_is_repeated_where_that_is_safe(safety: str) -> None:
    world = World(LOST, OK)
    assert world.run(safety).status == 200
    assert (len(world.sent), world.slept) == (2, [0.5])


def test_a_lost_answer_of_a_call_that_counts_once_is_unknown() -> None:
    world = World(LOST, OK)
    with pytest.raises(errors.OutcomeUnknownError) as caught:
        world.run("O", method="POST")
    assert caught.value.idempotency_key == world.sent[0].headers["idempotency-key"]
    assert len(world.sent) == 1


def test_what_was_never_sent_is_repeated_always() -> None:
    assert len(over(World(UNSENT, OK), "O").sent) == 2


def over(world: World, safety: str, **options: Any) -> World:
    world.run(safety, **options)
    return world


def test_a_post_keeps_one_key_and_each_attempt_has_its_own_request_id() -> None:
    world = World(LOST, LOST, OK)
    world.run("K", method="POST")
    assert len({one.headers["idempotency-key"] for one in world.sent}) == 1
    assert len({one.headers["x-request-id"] for one in world.sent}) == 3
    assert world.slept == [0.5, 1.0]


@pytest.mark.parametrize(("status", "code"), [(429, "RATE_LIMITED"), (503, "SERVICE_UNAVAILABLE")])
def test_a_refusal_that_names_a_time_is_repeated_after_it(status: int, code: str) -> None:
    world = World(refusal(status, code, **{"retry-after": "7"}), OK)
    assert world.run("O", method="POST").status == 200
    assert world.slept == [7.0]


def test_a_longer_wait_is_the_callers_decision() -> None:
    world = World(refusal(429, "RATE_LIMITED", **{"retry-after": "3600"}))
    with pytest.raises(errors.RateLimitedError) as caught:
        world.run()
    assert (caught.value.retry_after, world.slept) == (3600.0, [])


def test_a_pause_beyond_the_deadline_is_not_begun() -> None:
    world = World(refusal(503, "SERVICE_UNAVAILABLE", **{"retry-after": "50"}))
    with pytest.raises(errors.UnavailableError):
        world.run(timeout=40)
    assert world.slept == []


def test_a_pending_key_is_asked_again_and_a_conflict_is_not() -> None:
    assert len(over(World(refusal(409, "IDEMPOTENCY_IN_PROGRESS"), OK), "K").sent) == 2
    with pytest.raises(errors.ThreadBusyError):
        World(refusal(409, "THREAD_BUSY")).run("K")


@pytest.mark.parametrize("status", [400, 403, 404, 410, 413, 415, 422, 500])
def test_other_refusals_are_raised_by_their_status(status: int) -> None:
    world = World(refusal(status))
    with pytest.raises(errors.ApiError) as caught:
        world.run()
    assert (caught.value.status, caught.value.request_id, len(world.sent)) == (status, "req-1", 1)


def test_a_gateways_page_is_repeated_and_then_raised() -> None:
    page = Answer(status=502, headers={}, body=b"<html>")
    world = World(page)
    with pytest.raises(errors.UnexpectedAnswerError) as caught:
        world.run()
    assert (caught.value.status, caught.value.body, len(world.sent)) == (502, b"<html>", 3)
    with pytest.raises(errors.UnexpectedAnswerError):
        World(Answer(status=404, headers={}, body=b"no")).run()


def test_a_deleted_thing_that_is_gone_after_a_loss_was_deleted() -> None:
    assert World(LOST, refusal(404, "NOT_FOUND")).run("D").value == b"gone"
    with pytest.raises(errors.NotFoundError):
        World(refusal(404, "NOT_FOUND")).run("D")


def test_a_refused_token_is_renewed_once() -> None:
    world = World(refusal(401, "UNAUTHORIZED"), OK, renews=True)
    assert world.run().status == 200
    assert world.signed == [None, "Bearer new"]
    with pytest.raises(errors.UnauthorizedError):
        World(refusal(401, "UNAUTHORIZED"), renews=True).run()
    with pytest.raises(errors.UnauthorizedError):
        World(refusal(401, "UNAUTHORIZED")).run()


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([LOST, UNSENT, refusal(503), refusal(429, **{"retry-after": "3"})]), min_size=1),
    st.floats(0.001, 40),
    st.integers(0, 6),
)
def test_no_call_outlasts_its_timeout(answers: list[Any], takes: float, retries: int) -> None:
    world = World(*answers, takes=takes)
    with pytest.raises(errors.NetraError):
        world.run(timeout=30.0, max_retries=retries)
    assert world.now <= 30.0 + 1e-6
    assert len(world.sent) <= retries + 1


def test_an_error_shows_code_status_sentence_and_request() -> None:
    with pytest.raises(errors.ApiError, match=r"^X \(409\): words \[request req-1\]$"):
        World(refusal(409)).run()


def test_an_error_names_the_numbers_in_its_headers() -> None:
    limits = {"x-ratelimit-limit": "10", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "17"}
    with pytest.raises(errors.RateLimitedError) as caught:
        World(refusal(429, "RATE_LIMITED", **limits)).run(max_retries=0)
    assert (caught.value.limit, caught.value.remaining, caught.value.reset_at) == (10, 0, 17)
    assert errors.seconds("soon") is None
