"""The latency of a candidate, as the log's own calls of that model show it: measured, and of other calls."""

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.analysers.models.move_inputs import Candidate
from netra.domain.optimization.analysers.models.moves import ModelMove, served_by
from netra.domain.optimization.measures.latency import tails_of
from netra.domain.optimization.wording import count


def candidate_of(study: Study, move: ModelMove) -> Candidate:
    """Return the move's model with its saving, and its latency where calls of the log went to it."""
    where = served_by(study, move.to)
    tails = tails_of(study, among=where)
    known = (tails.ttft_ms_p99, tails.tpot_ms_p99, tails.latency_ms_p99) != (None, None, None)
    return Candidate(
        model=move.to.model,
        provider=move.to.provider,
        calls=int(move.where.sum()),
        saved_usd_in_window=move.saved_usd,
        break_even_accept_rate=move.break_even_accept_rate,
        measured_calls=int(where.sum()) if known else 0,
        ttft_ms_p99=tails.ttft_ms_p99,
        tpot_ms_p99=tails.tpot_ms_p99,
        latency_ms_p99=tails.latency_ms_p99,
    )


def latency_sentence(candidate: Candidate) -> str:
    """Return what the log shows of the candidate's latency, after a space; empty where it shows nothing.

    >>> latency_sentence(Candidate(model="a", provider="b", calls=9, saved_usd_in_window=1.0,
    ...     break_even_accept_rate=0.5, measured_calls=40, latency_ms_p99=900.0))
    ' In this log 40 calls of it have a whole-call p99 of 900 ms.'
    """
    parts = [
        f"a {what} p99 of {value:,.0f} ms"
        for what, value in (("TTFT", candidate.ttft_ms_p99), ("whole-call", candidate.latency_ms_p99))
        if value is not None
    ]
    if not parts:
        return ""
    return f" In this log {count(candidate.measured_calls, 'call')} of it have {' and '.join(parts)}."
