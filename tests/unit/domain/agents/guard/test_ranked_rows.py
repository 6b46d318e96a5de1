"""A rank counts rows by the measure that it names."""

from netra.domain.agents.guard.guard import unsupported

ROWS = {
    "by_feature": [
        {"name": "chat", "requests": 10, "usd": 8.0},
        {"name": "search", "requests": 20, "usd": 3.0},
    ]
}


def test_a_rank_by_a_measure_that_no_row_has_is_refused() -> None:
    assert unsupported("The two slowest features add up to $11.", ROWS) != ()
    assert unsupported("The two fastest features add up to $11.", ROWS) != ()
