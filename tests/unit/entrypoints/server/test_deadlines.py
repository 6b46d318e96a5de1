"""How long a connection waits for its peer, in virtual time."""

import math

from hypothesis import given
from hypothesis import strategies as st

from netra.entrypoints.server.deadlines import Deadlines
from netra.entrypoints.server.wire_limits import WireLimits

LIMITS = WireLimits(head_s=10, idle_s=5, body_window_s=10, body_window_bytes_min=5_000, linger_s=5)
DAY_S = 86_400.0


def ends_at(deadlines: Deadlines, *, now_s: float, is_blocked: bool = False) -> float:
    """Return when the connection ends if nothing more happens; infinity when it does not within a day."""
    until_s = now_s + DAY_S
    while now_s < until_s:
        left_s = deadlines.left_s(now_s, is_blocked=is_blocked)
        if left_s <= 0:
            return now_s
        now_s += left_s
    return math.inf


def test_the_first_head_has_its_time_from_the_connection_on() -> None:
    assert ends_at(Deadlines(LIMITS, now_s=100), now_s=100) == 110


def test_an_idle_connection_ends_after_the_keep_alive_time() -> None:
    deadlines = Deadlines(LIMITS, now_s=0)
    deadlines.wait_for_request(3)
    assert ends_at(deadlines, now_s=3) == 8


def test_an_answer_may_take_any_time() -> None:
    deadlines = Deadlines(LIMITS, now_s=0)
    deadlines.wait_for_nothing()
    assert ends_at(deadlines, now_s=0) == math.inf


def test_a_body_of_which_nothing_more_comes_ends_after_one_window() -> None:
    deadlines = Deadlines(LIMITS, now_s=0)
    deadlines.wait_for_body(2)
    deadlines.received(4_999)
    assert ends_at(deadlines, now_s=2) == 12


def test_a_body_that_came_fast_and_then_stops_ends_with_the_next_window() -> None:
    deadlines = Deadlines(LIMITS, now_s=0)
    deadlines.wait_for_body(0)
    deadlines.received(30_000_000)
    assert ends_at(deadlines, now_s=0) == 20


def upload_ends_at(bytes_per_s: int, *, for_s: int) -> float:
    """Return when an upload of this rate is ended, infinity when it is not."""
    deadlines = Deadlines(LIMITS, now_s=0)
    deadlines.wait_for_body(0)
    look_s = deadlines.left_s(0)
    for second in range(1, for_s + 1):
        deadlines.received(bytes_per_s)
        while look_s <= second:
            left_s = deadlines.left_s(look_s)
            if left_s <= 0:
                return look_s
            look_s += left_s
    return math.inf


def test_a_slow_but_steady_upload_goes_on_for_hours() -> None:
    assert upload_ends_at(500, for_s=10_000) == math.inf
    assert upload_ends_at(499, for_s=10_000) == 10


def test_time_in_which_this_side_does_not_read_is_not_the_client_s() -> None:
    deadlines = Deadlines(LIMITS, now_s=0)
    deadlines.wait_for_body(0)
    assert ends_at(deadlines, now_s=0, is_blocked=True) == math.inf
    deadlines.wait_for_body(100)
    deadlines.blocked()
    assert ends_at(deadlines, now_s=100) == 120


def test_a_head_after_a_body_is_not_taken_for_one() -> None:
    deadlines = Deadlines(LIMITS, now_s=0)
    deadlines.wait_for_body(0)
    deadlines.received(1_000_000)
    deadlines.wait_for_head(1)
    assert ends_at(deadlines, now_s=1) == 11


@given(
    st.lists(
        st.tuples(
            st.floats(0, 20),
            st.sampled_from(["wait_for_head", "wait_for_request", "wait_for_close"]),
        ),
        min_size=1,
    )
)
def test_no_deadline_is_noticed_late_however_often_it_moves(moves: list[tuple[float, str]]) -> None:
    allowed = {"wait_for_head": 10.0, "wait_for_request": 5.0, "wait_for_close": 5.0}
    deadlines = Deadlines(LIMITS, now_s=0)
    now_s = due_s = look_s = 0.0
    due_s, look_s = 10.0, deadlines.left_s(0)
    for pause_s, wait in moves:
        while look_s <= now_s + pause_s:
            left_s = deadlines.left_s(look_s)
            if left_s <= 0:
                assert math.isclose(look_s, due_s)
                return
            look_s += left_s
        now_s += pause_s
        getattr(deadlines, wait)(now_s)
        due_s = now_s + allowed[wait]
    assert look_s <= due_s + 1e-6
