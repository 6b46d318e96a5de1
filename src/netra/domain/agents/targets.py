"""What every number of a message is a target of; a number is about the nearest word that names a subject.

What cannot be told is handed back as unread; it is never guessed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from netra.domain.agents import changes, limits
from netra.domain.agents.names import Mention
from netra.domain.agents.quantities import Unit
from netra.domain.agents.readings import Reading
from netra.domain.agents.scenes import Scene, scenes

_READERS: Final[Mapping[Unit, Callable[[Scene], tuple[Reading, ...]]]] = {
    Unit.SHARE: changes.change_targets,
    Unit.FACTOR: changes.change_targets,
    Unit.USD: limits.money_targets,
    Unit.MS: limits.time_targets,
    Unit.GIB: limits.memory_targets,
    Unit.TOKENS_PER_S: limits.token_rate_targets,
    Unit.FOREIGN: limits.foreign_targets,
    Unit.OTHER: limits.count_targets,
    Unit.BARE: limits.bare_targets,
}


def targets_in(text: str, parts: Sequence[Mention] = ()) -> tuple[Reading, ...]:
    """Return what each number of `text` sets, in order; models, GPUs and dates must be blanked before.

    >>> [(target.field, round(target.value, 9)) for target in targets_in("20 % cheaper and 2x faster")]
    [('saving_share', 0.2), ('speedup', 2.0)]
    """
    return tuple(reading for scene in scenes(text, parts) for reading in _READERS[scene.quantity.unit](scene))
