"""Choose events by the names in their label columns."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from netra.domain.workloads.columns import Labels


def has_any(column: Labels | None, names: Collection[str | None], *, events: int) -> npt.NDArray[np.bool_]:
    """Return a mask of the events whose name is one of `names`; None stands for events without a name.

    >>> column = Labels(codes=np.array([0, -1, 1], np.int32), names=("a", "b"))
    >>> has_any(column, ["b", None], events=3).tolist(), has_any(None, ["b"], events=2).tolist()
    ([False, True, True], [False, False])
    """
    if column is None:
        return np.full(events, None in names)
    is_wanted = np.array([*(name in names for name in column.names), None in names], np.bool_)
    return is_wanted[column.codes]
