"""Score the guard on a folder of sentences about results."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from tests.corpora.swaps import Sentence, swaps

from netra.domain.agents.guard.facts import Facts
from netra.domain.agents.guard.guard import refusals
from netra.domain.agents.guard.payload_facts import facts_of

CORPORA: Final = Path(__file__).parent
SEEDS: Final = (0, 1)


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How many sentences were judged rightly, and those that were not."""

    caught: int
    dishonest: int
    passed: int
    honest: int
    wrong: tuple[Sentence, ...]


def sentences_of(folder: Path) -> Iterator[Sentence]:
    """Yield the written sentences of a corpus."""
    for line in (folder / "sentences.jsonl").read_text(encoding="utf-8").splitlines():
        yield msgspec.json.decode(line, type=Sentence)


def swaps_of(folder: Path) -> Iterator[Sentence]:
    """Yield the subject swaps of every payload of a corpus, in its own words."""
    patterns = json.loads((folder / "swap_patterns.json").read_text(encoding="utf-8"))
    for name, result in payloads_of(folder).items():
        for seed in SEEDS:
            yield from swaps(result, patterns, payload=name, seed=seed)


def payloads_of(folder: Path) -> Mapping[str, Any]:
    """Return the results of a corpus by their file's name, without their reports."""
    found = {
        path.name: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("payload-*.json")
    }
    return {name: {**result, "report": ""} for name, result in sorted(found.items())}


def score(folder: Path, sentences: Sequence[Sentence]) -> Score:
    """Return how the guard judges the sentences."""
    facts: dict[str, Facts] = {name: facts_of(result) for name, result in payloads_of(folder).items()}
    judged = [(one, not refusals(one.text, facts[one.payload])) for one in sentences]
    return Score(
        caught=sum(not one.honest and not holds for one, holds in judged),
        dishonest=sum(not one.honest for one, _ in judged),
        passed=sum(one.honest and holds for one, holds in judged),
        honest=sum(one.honest for one, _ in judged),
        wrong=tuple(one for one, holds in judged if holds is not one.honest),
    )
