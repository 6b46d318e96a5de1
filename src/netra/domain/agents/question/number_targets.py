"""Read the targets set by the numbers of a message; the nearest word that names a subject decides.

An ambiguous number is returned as unread, never guessed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from netra.domain.agents.question import absolute_targets, relative_targets
from netra.domain.agents.question.mentions import Mention
from netra.domain.agents.question.number_context import NumberContext, number_contexts
from netra.domain.agents.question.quantities import Unit
from netra.domain.agents.question.readings import Reading

_READERS: Final[Mapping[Unit, Callable[[NumberContext], tuple[Reading, ...]]]] = {
    Unit.SHARE: relative_targets.change_targets,
    Unit.FACTOR: relative_targets.change_targets,
    Unit.USD: absolute_targets.money_targets,
    Unit.MS: absolute_targets.time_targets,
    Unit.GIB: absolute_targets.memory_targets,
    Unit.TOKENS_PER_S: absolute_targets.token_rate_targets,
    Unit.FOREIGN: absolute_targets.foreign_targets,
    Unit.OTHER: absolute_targets.count_targets,
    Unit.BARE: absolute_targets.bare_targets,
}


def targets_in(text: str, parts: Sequence[Mention] = ()) -> tuple[Reading, ...]:
    """Return the targets in `text`, in order; models, GPUs and dates must be blanked out before.

    >>> [(target.field, round(target.value, 9)) for target in targets_in("20 % cheaper and 2x faster")]
    [('saving_share', 0.2), ('speedup', 2.0)]
    """
    return tuple(
        reading
        for context in number_contexts(text, parts)
        for reading in _READERS[context.quantity.unit](context)
    )
