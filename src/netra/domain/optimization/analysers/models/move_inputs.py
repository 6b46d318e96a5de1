"""The numbers behind a move of calls to another model, as the result shows them."""

import msgspec

from netra.domain.optimization.analysers.model import Inputs


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One model that the calls could move to."""

    model: str
    provider: str
    calls: int
    saved_usd_in_window: float
    break_even_accept_rate: float
    measured_calls: int = 0  # calls of the log that this model serves, behind the latencies
    ttft_ms_p99: float | None = None  # None: the log has no latency of this model
    tpot_ms_p99: float | None = None
    latency_ms_p99: float | None = None


class GroupMove(msgspec.Struct, frozen=True, kw_only=True):
    """The move's saving on one group of calls: those whose column `by` is `match`."""

    by: str
    match: str
    calls: int
    now_usd_in_window: float
    saved_usd_in_window: float
    break_even_accept_rate: float


class MoveInputs(Inputs, frozen=True, kw_only=True):
    """The calls that would move, their price on both models, and the models compared."""

    model: str
    provider: str
    calls: int
    calls_that_stay: int
    now_usd_in_window: float
    then_usd_in_window: float
    break_even_accept_rate: float
    answers_to_judge: int
    groups: tuple[GroupMove, ...]
    candidates: tuple[Candidate, ...]


class ServedInputs(Inputs, frozen=True, kw_only=True):
    """The calls that the model already serves."""

    model: str
    provider: str
    calls: int
