"""The ruling on a change: its mechanical and its behavioural part together, or that it cannot be told."""

from typing import Final, Literal

import msgspec

from netra.domain.optimization.verdicts.behaviour import Effect
from netra.domain.optimization.verdicts.configuration import TOKENISERS

NARROW: Final = 0.1  # of the cost: an interval about 0 that is wider does not show that nothing changed

Ruling = Literal["worth_it", "not_worth_it", "no_difference", "cannot_tell"]


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars that the calls after the change cost less than before it; negative is more.

    `low_usd` and `high_usd` are the 90 % interval of the sum of both parts.
    """

    mechanical_usd: float | None  # None: a price is unknown
    behavioural_usd: float | None  # None: cannot be told from this log
    low_usd: float | None
    high_usd: float | None
    ruling: Ruling
    cost_usd: float  # of the calls after the change, as configured before it

    @property
    def saved_usd(self) -> float | None:
        """The sum of the parts that are known; None where the mechanical part is not."""
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

    `foreign_usd` is what the calls whose tokens another provider counted would have cost before: the
    earlier tokeniser may have made `TOKENISERS` times more of their text, or fewer. Without a behavioural
    part, `raw_usd`, its point without an interval, decides nothing, but a sum of which it turns the sign
    is not told.
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
