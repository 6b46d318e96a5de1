"""Progress of work made of parts: a share of the whole that never steps back."""

from netra.domain.optimization.model import Checkpoint


def within(checkpoint: Checkpoint, *, begin: float, end: float) -> Checkpoint:
    """Return a checkpoint for the part of the work from `begin` to `end`, shares of the whole.

    >>> heard = []
    >>> within(lambda done, doing: heard.append((done, doing)), begin=0.2, end=0.6)(0.5, "half of it")
    >>> heard
    [(0.4, 'half of it')]
    """

    def inside(done: float, doing: str) -> None:
        checkpoint(begin + (end - begin) * done, doing)

    return inside


def only_forward(checkpoint: Checkpoint) -> Checkpoint:
    """Return a checkpoint that tells the furthest share so far, at most 1; each call still gets through.

    >>> heard = []
    >>> tell = only_forward(lambda done, doing: heard.append(done))
    >>> for done in (0.5, 0.2, 0.7, 1.3):
    ...     tell(done, "work")
    >>> heard
    [0.5, 0.5, 0.7, 1.0]
    """
    furthest = 0.0

    def forward(done: float, doing: str) -> None:
        nonlocal furthest
        furthest = max(furthest, min(done, 1.0))
        checkpoint(furthest, doing)

    return forward
