"""What a process remembers of its admissions: what counts, what Redis was not told, and for how long."""

from netra.adapters.redis.admitted import TOLD_MAX, Admitted, Ledger


def admitted(number: int, *, at_s: float = 0.0) -> Admitted:
    return Admitted(key="k", at_s=at_s, name=b"%d" % number)


def told(ledger: Ledger, *, now_s: float = 0.0) -> list[list[int]]:
    """Return the names of each trip until nothing is untold."""
    trips = []
    while untold := ledger.take_untold(now_s):
        trips.append([int(one.name) for one in untold])
    return trips


def test_what_redis_knows_is_told_only_when_that_is_in_doubt() -> None:
    ledger = Ledger()
    ledger.keep(admitted(1), is_told=True)
    ledger.keep(admitted(2), is_told=False)
    assert told(ledger) == [[2]]
    assert told(ledger) == []
    ledger.doubt()
    assert told(ledger) == [[1, 2]]


def test_what_was_perhaps_not_heard_comes_first_and_in_its_order() -> None:
    ledger = Ledger()
    for number in range(3):
        ledger.keep(admitted(number), is_told=False)
    untold = ledger.take_untold(0.0)
    ledger.keep(admitted(3), is_told=False)
    ledger.put_back(untold)
    assert told(ledger) == [[0, 1, 2, 3]]


def test_what_counts_no_more_is_told_to_nobody() -> None:
    ledger = Ledger()
    ledger.keep(admitted(1, at_s=0.0), is_told=False)
    ledger.keep(admitted(2, at_s=0.5), is_told=False)
    assert told(ledger, now_s=60.5) == [[2]]
    ledger.keep(admitted(3, at_s=60.5), is_told=True)
    ledger.doubt()
    assert told(ledger, now_s=60.5) == [[2, 3]]


def test_the_oldest_go_when_there_are_more_than_may_be() -> None:
    ledger = Ledger(kept_max=10)
    for number in range(100):
        ledger.keep(admitted(number), is_told=True)
    ledger.doubt()
    assert told(ledger) == [list(range(90, 100))]


def test_one_trip_carries_no_more_than_it_may() -> None:
    ledger = Ledger()
    for number in range(TOLD_MAX + 1):
        ledger.keep(admitted(number), is_told=False)
    assert [len(trip) for trip in told(ledger)] == [TOLD_MAX, 1]
