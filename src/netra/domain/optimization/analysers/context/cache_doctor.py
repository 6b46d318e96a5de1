"""Cache doctor: what the input bill pays for, and why the prompt cache did not serve what was sent before.

Formula: `input bill = read p_read + sum over causes of missed p + new p`, each call at its own prices, p
being what its other input tokens cost on average; avoidable = missed (p - p_read). The parts sum to the bill.
Grade B with prefix hashes, which are replayed; grade C without, where the previous prompt of a session is
taken for the beginning of the next. Valid where the log has the tokens that were read from the cache.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.context.cache_causes import CAUSES, Parts, parts_of
from netra.domain.optimization.analysers.evidence import groups_of, rows
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.traffic import UNPRICED, Bools, Traffic, call_usd
from netra.domain.optimization.wording import count, money, percent
from netra.domain.workloads.columns import Floats, Ints

KIND: Final = "cache_doctor"
FORMULA: Final = (
    "input bill = read p_read + sum over causes of missed p + new p; avoidable = missed (p - p_read); p = "
    "what the call's other input tokens cost on average"
)
LEAST_SHARE: Final = 0.01  # of the input bill: less that is avoidable is not worth a word
DIFFERENCES_MAX: Final = 20  # rows of the table of first differences
_ADVICE: Final[Mapping[str, tuple[str, str]]] = {
    "not_cached": (
        "Mark the shared beginning of prompts for the cache",
        "the cache held the beginning of the prompt, or the model was never asked to cache it",
    ),
    "lapse": (
        "Keep prompts in the cache over pauses: write them to live for an hour, or send the next call sooner",
        "the pause before the call was longer than the cache keeps a prompt",
    ),
    "switch": (
        "Keep a conversation on one model and service tier",
        "another model or tier had the prompt in its cache",
    ),
    "compaction": (
        "Compact conversations less often, and right before a pause",
        "the conversation was cut, and its new beginning was written to the cache again",
    ),
    "early_divergence": (
        "Move what changes between calls, such as the time or the order of tools, behind the instructions",
        "the prompt differs from the one before within its first blocks",
    ),
    "late_divergence": (
        "Append to conversations instead of changing what was sent before",
        "the prompt changes in its middle what the one before had sent",
    ),
}
"""The advice on each cause, and what it means."""


class CauseRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one cause costs; `avoidable_usd` is what the tokens cost above the price of reading them."""

    cause: str
    calls: int
    tokens: int
    paid_usd_in_window: float
    avoidable_usd_in_window: float
    avoidable_usd_per_month: float | None  # None where the log covers less than a day


class FirstDifference(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls of a group leave the prompt before them at this block, from 0."""

    group: str
    block: int
    calls: int


class DoctorInputs(Inputs, frozen=True, kw_only=True):
    """The input bill by cause; read, causes and new material sum to it."""

    calls: int
    input_usd_in_window: float
    read_usd_in_window: float
    new_usd_in_window: float
    causes: tuple[CauseRow, ...]
    first_differences: tuple[FirstDifference, ...]


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """What each call's input costs, by part; calls without a price are left out (0)."""

    input_usd: Floats
    read_usd: Floats
    per_token_usd: Floats  # of input that was not read from the cache
    per_read_usd: Floats


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return what the cache missed, by cause, where that costs something worth saving."""
    if study.events.cached_input_tokens is None:
        return ()
    checkpoint(0.0, "Asking why the prompt cache missed")
    parts = parts_of(study)
    if parts is None:
        return (
            Gap(
                kind=KIND,
                missing=("session",),
                reason="The log does not show which prompts follow one another.",
                would_add="Why the prompt cache missed, and what each cause costs.",
            ),
        )
    bill = bill_of(study)
    avoidable = {cause: _avoidable_usd(missed, bill) for cause, missed in parts.missed.items()}
    avoidable_usd = sum(float(usd.sum()) for usd in avoidable.values())
    if avoidable_usd <= LEAST_SHARE * float(bill.input_usd.sum()):
        return ()
    return (_finding(study, parts, bill, avoidable),)


def bill_of(study: Study) -> Bill:
    """Return what the input of each charged call costs, at the prices of the study."""
    traffic = study.traffic
    has_price = np.array([tariff.cached_input is not None for tariff in traffic.tariffs] + [False])
    where = study.recurring & (traffic.tariff != UNPRICED) & has_price[traffic.tariff]
    nothing = np.zeros(len(traffic), np.int64)
    alone = msgspec.structs.replace(traffic, output_tokens=nothing, charges_usd=np.zeros(len(traffic)))
    everything = traffic.input_tokens
    input_usd = _usd(alone, where)
    all_read_usd = _usd(_with(alone, cached=everything), where)
    per_read: Floats = all_read_usd / np.maximum(everything, 1)
    read_usd = np.where(where, traffic.cached_input_tokens * per_read, 0.0)
    others = everything - traffic.cached_input_tokens
    return Bill(
        input_usd=input_usd,
        read_usd=read_usd,
        per_token_usd=np.where(others > 0, (input_usd - read_usd) / np.maximum(others, 1), per_read),
        per_read_usd=per_read,
    )


def _usd(traffic: Traffic, where: Bools) -> Floats:
    return np.where(where, call_usd(traffic), 0.0)


def _with(traffic: Traffic, *, cached: Ints) -> Traffic:
    nothing = np.zeros(len(traffic), np.int64)
    return msgspec.structs.replace(
        traffic,
        cached_input_tokens=cached,
        cache_write_tokens=nothing,
        cache_write_1h_tokens=nothing,
        cache_write_12h_tokens=nothing,
    )


def _avoidable_usd(missed: Ints, bill: Bill) -> Floats:
    usd: Floats = missed.astype(np.float64) * np.maximum(bill.per_token_usd - bill.per_read_usd, 0.0)
    return usd


def _finding(study: Study, parts: Parts, bill: Bill, avoidable: Mapping[str, Floats]) -> Finding:
    causes = [_row(study, cause, parts.missed[cause], bill, avoidable[cause]) for cause in CAUSES]
    causes.sort(key=lambda row: -row.avoidable_usd_in_window)
    first = causes[0]
    input_usd, read_usd = float(bill.input_usd.sum()), float(bill.read_usd.sum())
    missed_usd = sum(row.paid_usd_in_window for row in causes)
    has_hashes = study.events.prefixes is not None
    action, meaning = _ADVICE[first.cause]
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever=first.cause),
        stance=Stance.INFORM,
        action=action,
        impact=(
            f"Of {money(input_usd)} for input {study.month.period}, {percent(missed_usd / input_usd)} went "
            f"to prompts sent before. The largest cause: {meaning}, on {count(first.calls, 'call')}, "
            f"{money(first.avoidable_usd_in_window)} more than reading them from the cache."
        ),
        grade=Grade.REPLAY if has_hashes else Grade.MODEL,
        formula=FORMULA,
        inputs=DoctorInputs(
            calls=int((bill.input_usd > 0).sum()),
            input_usd_in_window=input_usd,
            read_usd_in_window=read_usd,
            new_usd_in_window=input_usd - read_usd - missed_usd,
            causes=tuple(causes),
            first_differences=first_differences(study, parts),
        ),
        assumptions=_assumptions(has_hashes=has_hashes),
        evidence=rows(study, parts.missed[first.cause] > 0, weight=avoidable[first.cause]),
        how_to_verify="Mend the largest cause for one template and compare its cached tokens a day later.",
        effort="medium",
        risk="Answers do not change where only the order or the lifetime of prompts does.",
        steps=tuple(_ADVICE[row.cause][0] for row in causes if row.avoidable_usd_in_window > 0),
    )


def _assumptions(*, has_hashes: bool) -> tuple[str, ...]:
    if has_hashes:
        return ("A provider keeps a prompt for its published time to live after the last use.",)
    return (
        "A call of a session begins with the prompt of the call before it, as chats and agents append.",
        "A miss of up to 1,024 tokens is the provider's rounding.",
    )


def _row(study: Study, cause: str, missed: Ints, bill: Bill, avoidable_usd: Floats) -> CauseRow:
    charged = (missed > 0) & (bill.input_usd > 0)
    month_usd = study.month.usd(avoidable_usd) if study.span.is_month_known else None
    return CauseRow(
        cause=cause,
        calls=int(charged.sum()),
        tokens=int(missed[charged].sum()),
        paid_usd_in_window=float((missed * bill.per_token_usd).sum()),
        avoidable_usd_in_window=float(avoidable_usd.sum()),
        avoidable_usd_per_month=month_usd,
    )


def first_differences(study: Study, parts: Parts) -> tuple[FirstDifference, ...]:
    """Return where the prompts of each group leave the one before, the most frequent places first."""
    _, groups = groups_of(study)
    where = parts.first_difference >= 0
    pairs = np.stack((groups.codes[where].astype(np.int64), parts.first_difference[where]), axis=1)
    found, calls = np.unique(pairs, axis=0, return_counts=True)
    order = np.argsort(-calls, kind="stable")[:DIFFERENCES_MAX]
    return tuple(
        FirstDifference(group=groups.names[int(found[at, 0])], block=int(found[at, 1]), calls=int(calls[at]))
        for at in order
    )
