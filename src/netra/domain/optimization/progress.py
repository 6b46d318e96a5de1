"""Combines the progress of parts into a share of the whole that never decreases."""

from netra.domain.optimization.model import Checkpoint


def within(checkpoint: Checkpoint, *, begin: float, end: float) -> Checkpoint:
    """Return a checkpoint for the part of the work from `begin` to `end`, shares of the whole.

    >>> seen = []
    >>> within(lambda done, doing: seen.append((done, doing)), begin=0.2, end=0.6)(0.5, "half done")
    >>> seen
    [(0.4, 'half done')]
    """

    def inside(done: float, doing: str) -> None:
        checkpoint(begin + (end - begin) * done, doing)

    return inside


def only_forward(checkpoint: Checkpoint) -> Checkpoint:
    """Return a checkpoint that forwards every call with the largest share so far, at most 1.

    >>> seen = []
    >>> report = only_forward(lambda done, doing: seen.append(done))
    >>> for done in (0.5, 0.2, 0.7, 1.3):
    ...     report(done, "work")
    >>> seen
    [0.5, 0.5, 0.7, 1.0]
    """
    furthest = 0.0

    def forward(done: float, doing: str) -> None:
        nonlocal furthest
        furthest = max(furthest, min(done, 1.0))
        checkpoint(furthest, doing)

    return forward
