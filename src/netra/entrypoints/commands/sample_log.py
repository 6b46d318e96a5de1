"""A synthetic day and an hour of a small product's model calls: realistic, repeatable, marked synthetic.

No row is real; every id begins with `synthetic`. The distributions follow published statistics: conversation
prompts with a median near 1,000 tokens and answers near 130 (Patel et al., Splitwise, ISCA 2024, table of the
Azure trace); lengths lognormal for input and exponential for output, and gaps burstier than Poisson, gamma
with CV above 1 (Xiang et al., ServeGen, arXiv 2505.09999, June 2025); prompts that grow turn by turn and
share their prefix (Qin et al., Mooncake, FAST 2025). The mix of features is invented so that every analyser
finds something: see `FEATURES`.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import log
from typing import Final

import msgspec
import numpy as np

from netra.domain.workloads.columns import Floats
from netra.domain.workloads.model import Event
from netra.domain.workloads.rows import ndjson_of

START: Final = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday
BLOCK_TOKENS: Final = 128
RETRY_EVERY: Final = 50  # one call in this many fails and is retried
UPGRADE_AT_S: Final = 43_200.0  # noon
_QUESTIONS: Final = 400
_GAP_CV: Final = 1.8
_LOG_PAUSE_S: Final = log(45.0)  # median pause between the turns of a session


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """A model that serves some of a feature's calls, with its performance."""

    model: str
    provider: str
    share: float = 1.0
    accepted_share: float | None = None  # None: the product does not ask its users
    ttft_ms: float = 350.0
    tpot_ms: float = 14.0


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """A feature of the product and the calls it makes."""

    name: str
    template: str
    share: float  # fraction of all calls
    served: tuple[Served, ...]
    system_tokens: int  # the shared prefix of every prompt
    asked_tokens: float  # median number added by a turn
    answer_tokens: float  # mean
    turns: float = 1.0  # mean calls per session; 1 means no sessions
    tool: str | None = None
    offline: bool = False
    streaming: bool = False
    hours: tuple[float, float] = (0.0, 25.0)
    max_output_tokens: int | None = None
    repeats: bool = False  # popular prompts are repeated verbatim
    upgraded: Served | None = None  # serves all calls from noon on


FEATURES: Final = (
    Feature(
        name="support_chat",
        template="support_v3",
        share=0.34,
        served=(Served(model="gpt-4o", provider="openai"),),
        system_tokens=1_536,
        asked_tokens=180,
        answer_tokens=130,
        turns=4.0,
        streaming=True,
    ),
    Feature(
        name="code_review",
        template="review_diff",
        share=0.12,
        served=(Served(model="claude-sonnet-4-5", provider="anthropic", ttft_ms=900.0, tpot_ms=18.0),),
        system_tokens=6_144,
        asked_tokens=1_400,
        answer_tokens=420,
        turns=3.0,
        tool="git_diff",
    ),
    Feature(
        name="search_answers",
        template="answer_with_sources",
        share=0.26,
        served=(
            Served(model="gpt-4.1", provider="openai", share=0.75, accepted_share=0.91),
            Served(model="gpt-4.1-mini", provider="openai", share=0.25, accepted_share=0.905, tpot_ms=9.0),
        ),
        system_tokens=512,
        asked_tokens=1_100,
        answer_tokens=120,
        tool="web_search",
        streaming=True,
        repeats=True,
    ),
    Feature(
        name="tagging",
        template="tag_ticket",
        share=0.16,
        served=(Served(model="gpt-4o-mini", provider="openai", tpot_ms=8.0),),
        upgraded=Served(model="gpt-4.1", provider="openai"),
        system_tokens=896,
        asked_tokens=260,
        answer_tokens=30,
        max_output_tokens=256,
    ),
    Feature(
        name="nightly_digest",
        template="digest_account",
        share=0.12,
        served=(Served(model="gpt-4o", provider="openai"),),
        system_tokens=640,
        asked_tokens=3_000,
        answer_tokens=350,
        offline=True,
        hours=(1.0, 4.0),
        max_output_tokens=4_096,
    ),
)


def sample_log(*, requests: int, seed: int) -> bytes:
    """Return the synthetic day as NDJSON with exactly `requests` rows, oldest first."""
    return ndjson_of(sample_events(np.random.default_rng(seed), requests=requests))


def sample_events(rng: np.random.Generator, *, requests: int) -> list[Event]:
    """Return exactly `requests` synthetic calls of one day, oldest first; at least 1."""
    retried = requests // RETRY_EVERY
    calls = [
        call
        for feature, count in zip(FEATURES, _counts(requests - retried), strict=True)
        for call in _calls_of(feature, rng, count=count)
    ]
    calls.sort(key=lambda call: call.timestamp)
    named = [
        msgspec.structs.replace(call, id=f"synthetic-{place:07d}") for place, call in enumerate(calls, 1)
    ]
    return sorted(_with_failures(named, rng, retried=retried), key=lambda call: call.timestamp)


def _counts(total: int) -> list[int]:
    """Return the number of calls per feature; the rounding remainder goes to the first."""
    counts = [int(total * feature.share) for feature in FEATURES]
    counts[0] += total - sum(counts)
    return counts


def _calls_of(feature: Feature, rng: np.random.Generator, *, count: int) -> Iterator[Event]:
    starts = _instants_s(rng, hours=feature.hours, count=max(1, round(count / feature.turns)))
    session = made = 0
    while made < count:
        turns = min(count - made, int(rng.geometric(1 / feature.turns)))
        at_s = float(starts[session % len(starts)])
        yield from _session(feature, rng, session=session, turns=turns, at_s=at_s)
        session += 1
        made += turns


def _session(
    feature: Feature, rng: np.random.Generator, *, session: int, turns: int, at_s: float
) -> Iterator[Event]:
    """Yield the calls of one session: each prompt is the previous one, its answer, and new text."""
    history = 0
    question = int(rng.zipf(1.15)) % _QUESTIONS if feature.repeats else None
    served = _chosen(feature, rng)
    for _ in range(turns):
        asked = _asked_tokens(feature, rng, question=question)
        answer = _answer_tokens(feature, rng)
        input_tokens = feature.system_tokens + history + asked
        now = feature.upgraded if feature.upgraded is not None and at_s >= UPGRADE_AT_S else served
        event = _event(feature, rng, served=now, at_s=at_s, input_tokens=input_tokens, answer=answer)
        yield msgspec.structs.replace(
            event,
            session=f"{feature.name}-{session}" if feature.turns > 1 else None,
            prompt_hash=None if question is None else f"{feature.template}-{question}",
            prefix_hashes=_chain(
                feature, tokens=input_tokens, owner=session if question is None else question
            ),
        )
        history += asked + answer
        at_s += float(rng.lognormal(_LOG_PAUSE_S, 0.8))


def _event(
    feature: Feature,
    rng: np.random.Generator,
    *,
    served: Served,
    at_s: float,
    input_tokens: int,
    answer: int,
) -> Event:
    cached = _cached_tokens(feature, rng, served=served, input_tokens=input_tokens)
    ttft_ms = served.ttft_ms * float(rng.lognormal(0.0, 0.35)) + 0.06 * (input_tokens - cached)
    latency_ms = ttft_ms + answer * served.tpot_ms * float(rng.lognormal(0.0, 0.15))
    accepted = served.accepted_share
    return Event(
        timestamp=START + timedelta(seconds=at_s),
        model=served.model,
        provider=served.provider,
        input_tokens=input_tokens,
        cached_input_tokens=cached,
        output_tokens=answer,
        latency_ms=round(latency_ms, 1),
        ttft_ms=round(ttft_ms, 1) if feature.streaming else None,
        status="ok",
        template=feature.template,
        feature=feature.name,
        tool=feature.tool,
        prefix_block_tokens=BLOCK_TOKENS,
        offline=feature.offline,
        streaming=feature.streaming,
        max_output_tokens=feature.max_output_tokens,
        accepted=None if accepted is None else bool(rng.random() < accepted),
    )


def _with_failures(calls: Sequence[Event], rng: np.random.Generator, *, retried: int) -> Iterator[Event]:
    """Yield all calls, `retried` of them as failures that are retried some seconds later."""
    failing: set[int] = set(rng.choice(len(calls), size=retried, replace=False).tolist())
    kinds = ("timeout", "error", "429")
    for place, call in enumerate(calls):
        if place not in failing:
            yield call
            continue
        kind = kinds[int(rng.integers(len(kinds)))]
        # A timeout was partly answered and billed; a rejected call produced nothing.
        tokens = call.output_tokens // 2 if kind == "timeout" else 0
        yield msgspec.structs.replace(
            call, status=kind, output_tokens=tokens, cached_input_tokens=0, accepted=None
        )
        again = call.timestamp + timedelta(seconds=2.0 + float(rng.exponential(3.0)))
        yield msgspec.structs.replace(call, id=f"{call.id}-retry", timestamp=again, retry_of=call.id)


def _instants_s(rng: np.random.Generator, *, hours: tuple[float, float], count: int) -> Floats:
    """Return `count` bursty seconds of the day between two hours, denser in the afternoon."""
    gaps = rng.gamma(1 / _GAP_CV**2, 1.0, count + 1)
    even: Floats = np.cumsum(gaps)[:-1] / gaps.sum()
    edges: Floats = np.linspace(hours[0], hours[1], 200)
    density: Floats = 1.15 - np.cos((edges - 3.0) / 24.0 * 2 * np.pi)  # lowest at 3 a.m.
    passed: Floats = np.cumsum(density) / density.sum()
    at_h: Floats = np.interp(even, passed, edges)
    return at_h * 3600.0


def _chosen(feature: Feature, rng: np.random.Generator) -> Served:
    shares = [served.share for served in feature.served]
    return feature.served[int(rng.choice(len(shares), p=shares))]


def _asked_tokens(feature: Feature, rng: np.random.Generator, *, question: int | None) -> int:
    """Return the tokens added by a turn; a popular question always has the same length."""
    if question is not None:
        return int(feature.asked_tokens * (0.6 + 0.8 * question / _QUESTIONS))
    return max(8, int(rng.lognormal(log(feature.asked_tokens), 0.7)))


def _answer_tokens(feature: Feature, rng: np.random.Generator) -> int:
    drawn = 1 + int(rng.exponential(feature.answer_tokens))
    return min(drawn, feature.max_output_tokens or drawn)


def _cached_tokens(feature: Feature, rng: np.random.Generator, *, served: Served, input_tokens: int) -> int:
    """Return the tokens of the system prompt reused by an automatic cache: steps of 128 from 1,024 tokens.

    Explicit caching is disabled in this product, so that an analyser can recommend it.
    """
    if served.provider != "openai" or min(feature.system_tokens, input_tokens) < 1_024:
        return 0
    return feature.system_tokens // BLOCK_TOKENS * BLOCK_TOKENS if rng.random() < 0.6 else 0


def _chain(feature: Feature, *, tokens: int, owner: int) -> list[int | str]:
    """Return the prompt's block hashes: those of the system prompt, then of its session or question.

    The last block usually holds fewer than 128 tokens. Its name contains the length, so only an equal prompt
    has it too.
    """
    begin = FEATURES.index(feature) * 10**12
    shared = feature.system_tokens // BLOCK_TOKENS
    whole = tokens // BLOCK_TOKENS
    own = begin + (owner + 1) * 10**6
    blocks: list[int | str] = [begin + place for place in range(min(shared, whole))]
    blocks += [own + place for place in range(shared, whole)]
    if tokens % BLOCK_TOKENS:
        blocks.append(own + 500_000 + tokens)
    return blocks
