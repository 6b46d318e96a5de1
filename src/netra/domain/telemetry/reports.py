"""What came in for a workload, by emitter: calls, corrections, what could not be read, and advice."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from netra.domain.telemetry.usage import Note

EMITTERS_MAX: Final = 200  # scopes of one report; further ones are counted together
NAMES_MAX: Final = 20  # names of attributes listed of one emitter
SERIES_MAX: Final = 1_000  # series of counters that are kept of one workload
MODELS_MAX: Final = 20  # models listed of one emitter
OTHERS: Final = "(others)"


class Emitter(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What one instrumentation scope sent; counts are of records, `taken` of calls."""

    scope: str
    version: str = ""
    taken: int = 0  # calls whose counts come from it
    merged: int = 0  # records of a call that another record counts
    failed: int = 0  # of the calls taken
    without_usage: int = 0
    silent_models: dict[str, int] = {}  # of the calls without usage
    silent_streams: int = 0
    corrected: dict[str, int] = {}  # calls, by what was corrected or is missing
    context: int = 0  # spans around calls
    ignored: int = 0  # records that are nothing to Netra
    untimed: int = 0  # calls without a time, which are not taken
    sampled: float = 0.0  # calls that the taken ones stand for, where they were sampled
    agents: int = 0  # spans of agents and tools
    token_names: list[str] = []  # attributes with token counts on records that are no calls
    last_seen_s: float = 0.0


class Report(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What came in for one workload since it was made."""

    emitters: dict[str, Emitter] = {}
    input_tokens: int = 0  # of the calls taken
    output_tokens: int = 0
    counters: dict[str, float] = {}  # counters of tokens by series, "input " or "output " and a digest
    refused: int = 0  # calls that the workload had no room for
    late: int = 0  # records of calls that were stored already

    def emitter(self, scope: str) -> Emitter:
        """Return the entry of a scope, a new one where there is none; of too many, a common one."""
        if scope not in self.emitters and len(self.emitters) >= EMITTERS_MAX:
            scope = OTHERS
        return self.emitters.setdefault(scope, Emitter(scope=scope))

    def counted(self, direction: str) -> float:
        """Return what counters say of `input` or `output` tokens."""
        return sum(value for key, value in self.counters.items() if key.startswith(f"{direction} "))


class Passed(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Records of one scope in one request that are no calls."""

    scope: str
    version: str = ""
    context: int = 0
    ignored: int = 0
    untimed: int = 0
    agents: int = 0
    token_names: list[str] = []


def with_passed(report: Report, passed: Iterable[Passed], *, at_s: float) -> None:
    """Add records that are no calls to a report."""
    for each in passed:
        emitter = report.emitter(each.scope)
        emitter.version = each.version or emitter.version
        emitter.context += each.context
        emitter.ignored += each.ignored
        emitter.untimed += each.untimed
        emitter.agents += each.agents
        emitter.token_names = sorted({*emitter.token_names, *each.token_names})[:NAMES_MAX]
        emitter.last_seen_s = max(emitter.last_seen_s, at_s)


def with_counter(report: Report, key: str, value: float, *, is_delta: bool) -> None:
    """Add a value of a counter: a delta adds, a cumulative value replaces unless it is lower."""
    if key not in report.counters and len(report.counters) >= SERIES_MAX:
        return
    known = report.counters.get(key, 0.0)
    report.counters[key] = known + value if is_delta else max(known, value)


def advice_on(report: Report) -> list[str]:
    """Return what to change so that more is known, a sentence each."""
    found = [line for emitter in report.emitters.values() for line in _advice_on(emitter)]
    calls = sum(emitter.taken + emitter.without_usage for emitter in report.emitters.values())
    if not calls and any(emitter.agents for emitter in report.emitters.values()):
        found.append(
            "Agents and tools arrive, but no model call: add an instrumentor of the model's SDK, such as "
            "opentelemetry-instrumentation-genai-openai."
        )
    if report.refused:
        found.append(
            f"{report.refused} calls found no room: the workload is full. Delete it or raise its limit."
        )
    return found


def _advice_on(emitter: Emitter) -> list[str]:
    found: list[str] = []
    if emitter.without_usage:
        found.append(
            silence(emitter.silent_models, streams=emitter.silent_streams, total=emitter.without_usage)
        )
    for note, sentence in _SENTENCES.items():
        if count := emitter.corrected.get(note):
            found.append(f"{emitter.scope}: {sentence.format(count=count)}")
    if emitter.token_names and not emitter.taken:
        names = ", ".join(emitter.token_names[:5])
        found.append(f"{emitter.scope or 'A scope without a name'} is not understood: it sends {names}.")
    if emitter.untimed:
        found.append(f"{emitter.scope}: {emitter.untimed} calls have no time and were not taken.")
    return found


def silence(models: Mapping[str, int], *, streams: int, total: int) -> str:
    """Return what to do about calls that sent no usage."""
    named = ", ".join(f"`{model}`" for model in sorted(models)[:3]) or "models without a name"
    what = "streams" if streams == total else "calls"
    way_out = (
        'set stream_options={"include_usage": true}' if streams else "use an instrumentor that sends usage"
    )
    return f"{total} {what} of {named} sent no usage: {way_out}."


_SENTENCES: Final[Mapping[str, str]] = {
    Note.CACHE_UNKNOWN: "{count} calls lack cached tokens, and input with them: the cost is a minimum.",
    Note.ESTIMATED: "{count} streams have counts that the emitter estimated: ask for usage in streams.",
    Note.PARTS_DROPPED: "{count} calls had more cached tokens than input; the cached ones were left out.",
}


def corrections(emitters: Sequence[Emitter]) -> int:
    """Return how many calls were corrected."""
    return sum(sum(emitter.corrected.values()) for emitter in emitters)
