"""Reserved capacity: how much of the spend a minute to commit to, by what a commitment costs.

Formula: `cost(R) = d R M + sum over minutes of max(0, u_m - R)`, with u_m the list dollars of minute m, M
minutes, and d what a committed dollar of list price costs. It is least at the (1 - d) quantile of u (the
newsvendor problem): the smallest R that at most d M minutes exceed. A replay of the log's own minutes (grade
B); what a provider asks for a commitment is in no price list, so the answer is a table by d. Valid for
capacity whose throughput is in proportion to list dollars; minutes without a call count.
"""

from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.measures.span import DAY_S, MONTH_H, dense_ends
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.traffic import Bools, list_prices_usd
from netra.domain.optimization.wording import money, percent
from netra.domain.workloads.columns import Floats, Ints, places_of

KIND: Final = "reserved_capacity"
FORMULA: Final = "cost(R) = d R M + sum over minutes of max(0, u - R); least at the (1 - d) quantile of u"
FEWEST_MINUTES: Final = 30  # below, quantiles of a minute's spend are a few calls
LEAST_USD_PER_MONTH: Final = 1_000.0  # spend below which no provider sells a commitment, unless asked for
LEAST_SHARE: Final = 0.01  # of the spend: a smaller saving is not worth a commitment
PRICES: Final = (0.5, 0.6, 0.7, 0.8, 0.9)  # of a committed dollar of list price
_TOLD: Final = (0.8, 0.7)  # those in the sentence
_MINUTE_NS: Final = 60_000_000_000


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """The best commitment at one price."""

    price_share: float  # of a committed dollar of list price
    reserve_usd_per_minute: float  # list dollars
    reserve_usd_per_hour: float
    saved_share: float  # of the list dollars
    next_half_saved_share: float  # of the log's second half, with the commitment that the first half suggests


class ReservedInputs(Inputs, frozen=True, kw_only=True):
    """The minutes and the best commitment by its price."""

    minutes: int
    busy_minutes: int
    list_usd_in_window: float
    list_usd_per_minute_mean: float
    break_even_price_share: float  # a dearer commitment saves nothing
    offers: tuple[Offer, ...]


class Minutes(msgspec.Struct, frozen=True, kw_only=True):
    """The spend of the minutes with a call, largest first, and the number of all minutes."""

    usd: Floats
    count: int


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return how much capacity to reserve at which price; nothing for a small bill unless asked for."""
    checkpoint(0.0, "Replaying the spend of each minute")
    is_asked = KIND in study.goals.analyses
    where, list_usd = _paid_by_token(study)
    if not where.any():
        return ()
    at_ns = study.events.at_ns[where]
    first, last = dense_ends(at_ns)
    minutes = minutes_of(at_ns, list_usd[where], first_ns=first, last_ns=last)
    if minutes.count < FEWEST_MINUTES:
        return (_too_short(minutes),) if is_asked else ()
    hourly_usd = float(minutes.usd.sum()) * 60 / minutes.count
    if hourly_usd * MONTH_H < LEAST_USD_PER_MONTH and not is_asked:
        return ()
    middle = first + minutes.count // 2 * _MINUTE_NS
    early = minutes_of(at_ns, list_usd[where], first_ns=first, last_ns=middle - 1)
    late = minutes_of(at_ns, list_usd[where], first_ns=middle, last_ns=last)
    offers = tuple(_offer(price, minutes, early, late) for price in PRICES)
    if max(offer.saved_share for offer in offers) < LEAST_SHARE and not is_asked:
        return ()
    return (_finding(study, where, minutes, offers),)


def minutes_of(at_ns: Ints, usd: Floats, *, first_ns: int, last_ns: int) -> Minutes:
    """Return the spend by minute from the first to the last instant, inclusive.

    >>> found = minutes_of(np.array([0, 1, 150]) * 10**9, np.ones(3), first_ns=0, last_ns=150 * 10**9)
    >>> found.usd.tolist(), found.count
    ([2.0, 1.0], 3)
    """
    inside = (at_ns >= first_ns) & (at_ns <= last_ns)
    _, places = places_of((at_ns[inside] - first_ns) // _MINUTE_NS)
    by_minute = np.bincount(places, weights=usd[inside]).astype(np.float64)
    return Minutes(usd=np.sort(by_minute)[::-1], count=(last_ns - first_ns) // _MINUTE_NS + 1)


def best_reserve(minutes: Minutes, *, price: float) -> float:
    """Return the commitment a minute that costs least: the smallest that at most `price` of them exceed.

    >>> best_reserve(Minutes(usd=np.array([4.0, 3.0, 2.0, 1.0]), count=4), price=0.5)
    2.0
    """
    exceeded = int(np.floor(price * minutes.count + 1e-9))
    return float(minutes.usd[exceeded]) if exceeded < len(minutes.usd) else 0.0


def saved_share(minutes: Minutes, *, reserve_usd: float, price: float) -> float:
    """Return the share of the spend that a commitment saves; negative where it costs more."""
    spent = float(minutes.usd.sum())
    over = float(np.maximum(minutes.usd - reserve_usd, 0.0).sum())
    return 1 - (price * reserve_usd * minutes.count + over) / spent if spent else 0.0


def _offer(price: float, minutes: Minutes, early: Minutes, late: Minutes) -> Offer:
    reserve_usd = best_reserve(minutes, price=price)
    first_half_usd = best_reserve(early, price=price)
    return Offer(
        price_share=price,
        reserve_usd_per_minute=reserve_usd,
        reserve_usd_per_hour=60 * reserve_usd,
        saved_share=saved_share(minutes, reserve_usd=reserve_usd, price=price),
        next_half_saved_share=saved_share(late, reserve_usd=first_half_usd, price=price),
    )


def _paid_by_token(study: Study) -> tuple[Bools, Floats]:
    """Return the calls that are paid by the token now, and their list prices."""
    traffic = study.traffic
    list_usd = np.nan_to_num(list_prices_usd(traffic))
    where = study.recurring & traffic.kept & ~traffic.hosted & ~study.invoice.is_reserved & (list_usd > 0)
    return where, list_usd


def _finding(study: Study, where: Bools, minutes: Minutes, offers: tuple[Offer, ...]) -> Finding:
    spent = float(minutes.usd.sum())
    break_even = len(minutes.usd) / minutes.count
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever="reserve"),
        stance=Stance.INFORM,
        action=f"Ask for the price of reserved capacity: it pays below {percent(break_even)} of list prices",
        impact=" ".join(_sentence(offer) for offer in offers if offer.price_share in _TOLD),
        grade=Grade.REPLAY,
        formula=FORMULA,
        inputs=ReservedInputs(
            minutes=minutes.count,
            busy_minutes=len(minutes.usd),
            list_usd_in_window=spent,
            list_usd_per_minute_mean=spent / minutes.count,
            break_even_price_share=break_even,
            offers=offers,
        ),
        assumptions=(
            "Reserved throughput is in proportion to list dollars, and what exceeds it is paid by the token.",
            *_short_log(study),
        ),
        evidence=rows(study, where, weight=study.now_usd),
        how_to_verify=(
            "Ask the provider for the price of a month of throughput, divide it by the list price of the "
            "tokens that it serves, and look up that share in `offers`."
        ),
        effort="medium",
        risk="A commitment is paid when traffic falls, and ties the calls to one model and region.",
    )


def _sentence(offer: Offer) -> str:
    if not offer.reserve_usd_per_minute:
        return f"At {percent(offer.price_share)} of list prices nothing is worth reserving."
    return (
        f"At {percent(offer.price_share)} of list prices, {money(offer.reserve_usd_per_minute)} a minute "
        f"reserved saves {percent(offer.saved_share)}; what the first half of the log suggests "
        f"{'saves' if offer.next_half_saved_share >= 0 else 'loses'} "
        f"{percent(abs(offer.next_half_saved_share))} of the second."
    )


def _short_log(study: Study) -> tuple[str, ...]:
    if study.span.seconds >= DAY_S:
        return ()
    hours = f"{study.span.seconds / 3600:,.2f} h"
    return (f"The log covers {hours}: a commitment of a month also pays for its nights and weekends.",)


def _too_short(minutes: Minutes) -> Gap:
    return Gap(
        kind=KIND,
        missing=(f"at least {FEWEST_MINUTES} minutes of calls",),
        reason=f"The log covers {minutes.count} min, too few to tell how the spend of a minute varies.",
        would_add="How much capacity to reserve, and at which price that pays.",
    )
