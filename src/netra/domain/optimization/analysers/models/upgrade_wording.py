"""Word a verdict on a change: the ruling, the money, and the accompanying observations."""

from typing import Final

from netra.domain.optimization.verdicts.configuration import Adopted
from netra.domain.optimization.verdicts.reasons import NOTHING_CHANGED
from netra.domain.optimization.verdicts.verdict import ChangeVerdict, Kind, Verdict
from netra.domain.optimization.wording import both, count, money, percent, saved

SHOWN: Final = 3  # kinds of call whose changes the words name


def ruled(change: ChangeVerdict) -> str:
    """Return the ruling in a sentence without its stop."""
    if change.mechanical_usd is None or change.share is None:
        return "What the change did to cost is unknown, as the price of a model is; its answers are compared"
    if change.ruling == "cannot_tell":
        if change.is_unchanged:
            return f"{NOTHING_CHANGED}; whether anything else did cannot be decided from this log"
        return "Whether the change was worth it cannot be decided from this log"
    if change.ruling == "no_difference":
        return "The change made no difference to cost that can be distinguished from chance"
    paid = "was worth it" if change.ruling == "worth_it" else "was not worth it"
    less = "less" if change.share > 0 else "more"
    return f"The change {paid}: a unit of work costs {percent(abs(change.share))} {less}"


def measured(verdict: Verdict) -> str:
    """Return the money of both parts, or why it is unknown, and the accompanying observations."""
    change = verdict.change
    parts = [
        *(_adopted(one) for one in change.adopted[:SHOWN]),
        _summed(change),
        *change.reasons,
        *(seen(kind) for kind in verdict.kinds[:SHOWN]),
    ]
    return " ".join(part for part in parts if part)


def _adopted(one: Adopted) -> str:
    calls = f"{count(one.calls, 'call')} of {one.group} moved from {one.earlier} to {one.later}"
    if one.what == "caching":
        calls = f"{count(one.calls, 'call')} of {one.group} began to use the cache"
    if one.what == "price":
        calls = f"The price of {one.later} changed for {count(one.calls, 'call')} of {one.group}"
    if one.saved_usd is None:
        return f"{calls}."
    as_before = "as" if one.saved_usd == 0 else "than"
    return f"{calls} and cost {saved(one.saved_usd)} {as_before} the same tokens would have before."


def _summed(change: ChangeVerdict) -> str:
    if change.behavioural_usd is None or change.low is None or change.high is None:
        return ""
    return (
        f"By the way calls are made they cost {saved(change.behavioural_usd)}; both parts together save "
        f"between {money(change.low)} and {money(change.high)} (90 %) in the time after the change."
    )


def reason(kind: Kind) -> str:
    """Return why a kind of call is rolled back."""
    if kind.before.usd_per_call is None or kind.after.usd_per_call is None:
        return f"{seen(kind)} What that saves is unknown, as the price of a model is."
    sentence = (
        f"{kind.group} costs {money(kind.after.usd_per_call)} a call against "
        f"{money(kind.before.usd_per_call)}"
    )
    rates = _rates(kind)
    return f"{sentence}, and {rates}." if rates else f"{sentence}."


def seen(kind: Kind) -> str:
    """Return a kind's answers, latencies and failures on both sides; "" if the log has no such data."""
    known = [words for words in (_rates(kind), _latencies(kind), _failures(kind)) if words]
    return f"{kind.group}: {both(known)} before." if known else ""


def _rates(kind: Kind) -> str:
    sides = [side.accepted for side in (kind.before, kind.after)]
    if not all(judged for _, judged in sides):
        return ""
    rates = [accepted / judged for accepted, judged in sides]
    return f"{percent(rates[1])} of its answers are accepted against {percent(rates[0])}"


def _latencies(kind: Kind) -> str:
    before_ms, after_ms = kind.before.latency_ms_p50, kind.after.latency_ms_p50
    if before_ms is None or after_ms is None:
        return ""
    return f"half of its calls take at most {after_ms:,.0f} ms against {before_ms:,.0f} ms"


def _failures(kind: Kind) -> str:
    before, after = kind.before.failed_share, kind.after.failed_share
    if before is None or after is None:
        return ""
    return f"{percent(after)} of its calls fail against {percent(before)}"
