"""Percentiles of a replay that is still running."""


def over_percentile(count: int, percentile: float) -> int:
    """Return how many of `count` values must exceed a limit for the percentile to exceed it for certain.

    >>> over_percentile(100, 99.0), over_percentile(100, 50.0), over_percentile(1, 99.0)
    (2, 51, 1)
    """
    return count - int(percentile / 100.0 * (count - 1)) if count else 1
