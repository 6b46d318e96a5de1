"""The ruling on a change: its mechanical and behavioural parts together, or that the log does not decide."""

from typing import Final, Literal

import msgspec

from netra.domain.optimization.verdicts.behaviour import Effect
from netra.domain.optimization.verdicts.configuration import TOKENISERS

NARROW: Final = 0.1  # share of the cost; a wider interval around 0 does not show the absence of a change

Ruling = Literal["worth_it", "not_worth_it", "no_difference", "cannot_tell"]


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """The dollars that the calls after the change save; negative if they cost more.

    `low_usd` and `high_usd` are the 90 % interval of the sum of both parts.
    """

    mechanical_usd: float | None  # None: a price is unknown
    behavioural_usd: float | None  # None: unknown from this log
    low_usd: float | None
    high_usd: float | None
    ruling: Ruling
    cost_usd: float  # of the calls after the change, as configured before it

    @property
    def saved_usd(self) -> float | None:
        """The sum of the known parts, or None if the mechanical part is unknown."""
        return None if self.mechanical_usd is None else self.mechanical_usd + (self.behavioural_usd or 0.0)


UNKNOWN: Final = Money(
    mechanical_usd=None,
    behavioural_usd=None,
    low_usd=None,
    high_usd=None,
    ruling="cannot_tell",
    cost_usd=0.0,
)


def money_of(
    mechanical_usd: float, effect: Effect | None, *, cost_usd: float, raw_usd: float, foreign_usd: float
) -> Money:
    """Return the money of a change with its ruling.

    `foreign_usd` is the cost before the change of the calls whose tokens another provider counted: the
    earlier tokeniser may have counted up to `TOKENISERS` times more tokens in their text, or fewer.
    Without a behavioural part there is no interval: its point `raw_usd` decides nothing, except that a sum
    whose sign it would change is left undecided.
    """
    fewer, more = foreign_usd * (1 - 1 / TOKENISERS), foreign_usd * (TOKENISERS - 1)
    if effect is None:
        ends = mechanical_usd - fewer, mechanical_usd + more
        turned = (mechanical_usd + raw_usd) * mechanical_usd <= 0
        ruling: Ruling = "cannot_tell" if turned else _sign(*ends)
        return Money(
            mechanical_usd=mechanical_usd,
            behavioural_usd=None,
            low_usd=None,
            high_usd=None,
            ruling="cannot_tell" if ruling == "no_difference" else ruling,
            cost_usd=cost_usd,
        )
    saved_usd = mechanical_usd + effect.saved
    low_usd, high_usd = saved_usd - effect.margin - fewer, saved_usd + effect.margin + more
    ruling = _sign(saved_usd - effect.surely - fewer, saved_usd + effect.surely + more)
    is_narrow = max(-low_usd, high_usd) <= NARROW * cost_usd
    return Money(
        mechanical_usd=mechanical_usd,
        behavioural_usd=effect.saved,
        low_usd=low_usd,
        high_usd=high_usd,
        ruling="cannot_tell" if ruling == "no_difference" and not is_narrow else ruling,
        cost_usd=cost_usd,
    )


def _sign(low: float, high: float) -> Ruling:
    """Return what an interval shows.

    >>> _sign(1.0, 2.0), _sign(-2.0, -1.0), _sign(-1.0, 1.0)
    ('worth_it', 'not_worth_it', 'no_difference')
    """
    if low > 0:
        return "worth_it"
    return "not_worth_it" if high < 0 else "no_difference"
