"""Prices a move of calls to another model, and the answer length up to which it saves money.

Formula: `saved = sum over calls that fit the context of (price now - the other model's price)` for the same
tokens, exact at list prices. The break-even mean answer length is
`T = (price now - price of the input there) / (calls x its price an output token)` tokens; above it the move
costs more than now. `right_sizing` decides which move to propose.
"""

import msgspec
import numpy as np

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.intervals import break_even_accept_rate
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.traffic import UNPRICED, Bools, Traffic, call_usd, capped, routed, taken
from netra.domain.workloads.columns import Floats


class ModelMove(msgspec.Struct, frozen=True, kw_only=True):
    """A move of the log's calls to another model, priced."""

    to: Tariff
    where: Bools  # the calls that would move
    now_usd: float  # present cost of those calls
    then_usd: float
    by_call: Floats  # dollars saved on each call of the log

    @property
    def saved_usd(self) -> float:
        """Dollars saved on these calls; negative is a loss."""
        return self.now_usd - self.then_usd

    @property
    def break_even_accept_rate(self) -> float:
        """The acceptance rate above which a cascade that tries this model first saves money."""
        if self.now_usd <= 0:
            return 1.0
        return break_even_accept_rate(weak_usd=self.then_usd, strong_usd=self.now_usd)


def move_to(study: Study, *, to: Tariff, dearer_too: bool) -> ModelMove:
    """Return the move of every priced, recurring call that fits the context.

    Where the question names models to leave, only of their calls.

    Without `dearer_too`, only of those that become cheaper. Dollars are over the log's span or, where the
    question names the date of a change, over the time since then.
    """
    traffic = study.traffic
    window = to.context_window_tokens
    fits = (traffic.tariff != UNPRICED) & study.recurring & of_models_to_leave(study)
    if window is not None:
        fits &= traffic.input_tokens + traffic.output_tokens <= window
    now = study.now_usd
    by_call = now - call_usd(routed(traffic, fits, to=to))
    where = fits if dearer_too else fits & (by_call > 0)
    return only(ModelMove(to=to, where=fits, now_usd=0.0, then_usd=0.0, by_call=by_call), where, study=study)


def of_models_to_leave(study: Study) -> Bools:
    """Return the calls of the models that the question wants to leave; all calls without one in the log."""
    left = {name.lower() for name in study.goals.from_models}
    labels = [name.lower() in left for name in study.events.model.names]
    if not any(labels):
        return np.ones(len(study.events), np.bool_)
    found: Bools = np.array([*labels, False])[study.events.model.codes]
    return found


def served_by(study: Study, to: Tariff) -> Bools:
    """Return the calls that this model serves now."""
    same = [tariff.model == to.model and tariff.provider == to.provider for tariff in study.traffic.tariffs]
    return np.array([*same, False])[study.traffic.tariff]


def only(move: ModelMove, where: Bools, *, study: Study) -> ModelMove:
    """Return the part of a move that covers the calls in `where`."""
    inside = move.where & where
    by_call = np.where(inside, move.by_call, 0.0)
    now_usd = float(study.now_usd[inside].sum())
    return ModelMove(
        to=move.to, where=inside, now_usd=now_usd, then_usd=now_usd - float(by_call.sum()), by_call=by_call
    )


def moved(traffic: Traffic, *, where: Bools, to: Tariff) -> Traffic:
    """Return the traffic after the move; partially applied, it is a finding's `change`."""
    return routed(traffic, where & traffic.kept & ~traffic.hosted, to=to)


def break_even_output_tokens(study: Study, move: ModelMove) -> float | None:
    """Return the break-even mean answer length on the other model, in tokens.

    None where its answers are free or no call moves; 0.0 where its input alone costs more than now.
    """
    calls = taken(routed(study.traffic, move.where, to=move.to), np.flatnonzero(move.where))
    everywhere = np.ones(len(calls), np.bool_)
    input_usd = float(call_usd(capped(calls, everywhere, output_tokens=0)).sum())
    tokens = int(calls.output_tokens.sum())
    answers_usd = move.then_usd - input_usd
    if tokens == 0 or answers_usd <= 0:
        return None
    return max(move.now_usd - input_usd, 0.0) / (answers_usd / tokens) / len(calls)
