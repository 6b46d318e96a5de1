"""Say what was understood of a question, what was not, and what was assumed: the opening of every answer."""

from collections.abc import Iterator
from typing import Final

import msgspec

from netra.domain.optimization.model import FeatureGoal, Goals, GpuFleet, LatencyLimit, Priority
from netra.domain.optimization.wording import money

_METRICS: Final = {"ttft": "TTFT", "tpot": "TPOT", "latency": "latency"}
_OBJECTIVES: Final = {
    Priority.COST: "the lowest cost",
    Priority.PERFORMANCE: "the lowest latency",
    Priority.BALANCED: "a balance of cost and latency",
}
_BETTER: Final = "State it as “20 % cheaper”, “TTFT p99 below 500 ms for search” or “leave search unchanged”."


class Echo(msgspec.Struct, frozen=True, kw_only=True):
    """The reading of a question in words; `ask_back` is the question to answer first."""

    understood: tuple[str, ...]
    not_understood: tuple[str, ...]
    assumed: tuple[str, ...]
    ask_back: str

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentences that open an answer.

        >>> echo_of(Goals(saving_share=0.2, excluded=("chat",))).sentences
        ('Understood: 20 % cheaper; leave chat unchanged.',)
        """
        return tuple(
            sentence
            for sentence in (
                f"Understood: {'; '.join(self.understood)}.",
                self._not_understood(),
                f"Assumed: {'; '.join(self.assumed)}." if self.assumed else "",
            )
            if sentence
        )

    def _not_understood(self) -> str:
        if not self.not_understood:
            return ""
        return f"Not understood, and therefore left out: {'; '.join(self.not_understood)}. {_BETTER}"


def echo_of(goals: Goals) -> Echo:
    """Return the reading of a question in words."""
    understood = tuple(_stated(goals))
    objective = f"no target; the answer looks for {_OBJECTIVES[goals.priority]}"
    return Echo(
        understood=understood or (objective,),
        not_understood=goals.unread,
        assumed=goals.assumed,
        ask_back=goals.ask_back,
    )


def echo_text(goals: Goals) -> str:
    """Return the paragraph that opens an answer."""
    return " ".join(echo_of(goals).sentences)


def _stated(goals: Goals) -> Iterator[str]:
    """Yield every goal, limit and name that was understood."""
    yield from _changes(goals)
    yield from (limit_words(limit) for limit in goals.limits)
    if goals.gpu_memory_gib is not None:
        yield f"at most {goals.gpu_memory_gib:g} GiB of GPU memory"
    yield from (f"{one.feature}: {_listed(tuple(_changes(one)))}" for one in goals.per_feature)
    if goals.features:
        yield f"only {_listed(goals.features)}"
    if goals.excluded:
        yield f"leave {_listed(goals.excluded)} unchanged"
    yield from (f"no {kind.replace('_', ' ')}" for kind in goals.excluded_kinds)
    yield from _models(goals)
    yield from (_fleet(fleet) for fleet in goals.fleets)
    if goals.change_at is not None:
        yield f"the change at {goals.change_at.isoformat(timespec='minutes').replace('+00:00', ' UTC')}"
    yield from (f"as a fact: “{fact}”" for fact in goals.facts)
    yield from (f"look at {kind.replace('_', ' ')}" for kind in goals.analyses)


def _changes(goals: Goals | FeatureGoal) -> Iterator[str]:
    """Yield the relative goals and the sums."""
    if goals.saving_share is not None:
        yield _saving(goals.saving_share)
    if goals.saving_usd_per_month is not None:
        yield f"save {money(goals.saving_usd_per_month)} a month"
    if goals.budget_usd_per_month is not None:
        yield f"a budget of {money(goals.budget_usd_per_month)} a month"
    if goals.speedup is not None:
        yield "no slower than now" if goals.speedup == 1 else f"a speed-up of {goals.speedup:.3g}x"
    if goals.traffic_growth is not None:
        growth = goals.traffic_growth
        yield f"{_percent(growth)} {'more' if growth >= 0 else 'less'} traffic"


def _saving(share: float) -> str:
    if share == 0:
        return "no more money than now"
    return f"{_percent(share)} {'cheaper' if share > 0 else 'more cost allowed'}"


def _percent(share: float) -> str:
    """Return a share as it was asked for, without a sign: "33.3 %"."""
    return f"{100 * abs(share):.3g} %"


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def limit_words(limit: LatencyLimit) -> str:
    """Return a limit in words.

    >>> limit_words(LatencyLimit(metric="ttft", value_ms=500.0, percentile=95.0, feature="chat"))
    'TTFT p95 <= 500 ms for chat'
    """
    where = f" for {limit.feature}" if limit.feature else ""
    return f"{_METRICS[limit.metric]} p{limit.percentile:g} <= {limit.value_ms:,g} ms{where}"


def _models(goals: Goals) -> Iterator[str]:
    if goals.from_models and goals.models:
        yield f"from {_listed(goals.from_models)} to {_listed(goals.models)}"
    elif goals.models:
        yield f"about {_listed(goals.models)}"


def _fleet(fleet: GpuFleet) -> str:
    count = "" if fleet.count is None else f"{fleet.count}x "
    if fleet.is_bound:
        return f"at most {count}{fleet.name}"
    if fleet.is_serving:
        return f"{count}{fleet.name}, serving now"
    return f"{count}{fleet.name}{', owned' if fleet.is_owned else ''}"
