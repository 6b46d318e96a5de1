"""Moving calls to another model, in numbers: what they cost there, and how long its answers may be.

Formula: `saved = sum over calls that fit the context of (price now - the other model's price)` for the same
tokens, exact at list prices; an answer of the other model may average
`T = (price now - price of the input there) / (calls x its price an output token)` tokens before the move
costs more than now. Which move to propose is `right_sizing`'s.
"""

import msgspec
import numpy as np

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.intervals import break_even_accept_rate
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.traffic import UNPRICED, Bools, Traffic, call_usd, capped, routed, taken
from netra.domain.workloads.columns import Floats


class ModelMove(msgspec.Struct, frozen=True, kw_only=True):
    """The log's calls on another model."""

    to: Tariff
    where: Bools  # the calls that would move
    now_usd: float  # what those calls cost now
    then_usd: float
    by_call: Floats  # saved on each call of the log

    @property
    def saved_usd(self) -> float:
        """Dollars saved on these calls; negative is a loss."""
        return self.now_usd - self.then_usd

    @property
    def break_even_accept_rate(self) -> float:
        """The share of its answers that must be accepted for trying it first to pay."""
        if self.now_usd <= 0:
            return 1.0
        return break_even_accept_rate(weak_usd=self.then_usd, strong_usd=self.now_usd)


def move_to(study: Study, *, to: Tariff, dearer_too: bool) -> ModelMove:
    """Return the move of every priced, recurring call that fits the context, or of those made cheaper.

    The dollars of a move are those of its calls: over the log or, in one with a change, since that.
    """
    traffic = study.traffic
    window = to.context_window_tokens
    fits = (traffic.tariff != UNPRICED) & study.recurring
    if window is not None:
        fits &= traffic.input_tokens + traffic.output_tokens <= window
    now = study.now_usd
    by_call = now - call_usd(routed(traffic, fits, to=to))
    where = fits if dearer_too else fits & (by_call > 0)
    return only(ModelMove(to=to, where=fits, now_usd=0.0, then_usd=0.0, by_call=by_call), where, study=study)


def served_by(study: Study, to: Tariff) -> Bools:
    """Return the calls that this model serves now."""
    same = [tariff.model == to.model and tariff.provider == to.provider for tariff in study.traffic.tariffs]
    return np.array([*same, False])[study.traffic.tariff]


def only(move: ModelMove, where: Bools, *, study: Study) -> ModelMove:
    """Return the part of a move that concerns the calls in `where`."""
    inside = move.where & where
    by_call = np.where(inside, move.by_call, 0.0)
    now_usd = float(study.now_usd[inside].sum())
    return ModelMove(
        to=move.to, where=inside, now_usd=now_usd, then_usd=now_usd - float(by_call.sum()), by_call=by_call
    )


def moved(traffic: Traffic, *, where: Bools, to: Tariff) -> Traffic:
    """Return the traffic after the move: the change that a finding carries."""
    return routed(traffic, where & traffic.kept & ~traffic.hosted, to=to)


def break_even_output_tokens(study: Study, move: ModelMove) -> float | None:
    """Return how long the other model's answers may be on average before the move costs more than now.

    None where answers cost it nothing or nothing moves; 0.0 where its input alone costs more than now.
    """
    calls = taken(routed(study.traffic, move.where, to=move.to), np.flatnonzero(move.where))
    everywhere = np.ones(len(calls), np.bool_)
    input_usd = float(call_usd(capped(calls, everywhere, output_tokens=0)).sum())
    tokens = int(calls.output_tokens.sum())
    answers_usd = move.then_usd - input_usd
    if tokens == 0 or answers_usd <= 0:
        return None
    return max(move.now_usd - input_usd, 0.0) / (answers_usd / tokens) / len(calls)
