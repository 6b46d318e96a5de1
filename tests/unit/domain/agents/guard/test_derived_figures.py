"""Sentences with derived figures, computed by code from three results: true ones pass, false ones are refused.

They were written while the guard was built, so they show that it does not lose what it has.
"""

import msgspec
import pytest
from tests.corpora.guard_score import CORPORA, payloads_of
from tests.corpora.swaps import Sentence

from netra.domain.agents.guard.facts import Facts
from netra.domain.agents.guard.guard import unsupported_by
from netra.domain.agents.guard.payload_facts import facts_of

SENTENCES = tuple(
    msgspec.json.decode(line, type=Sentence)
    for line in (CORPORA / "guard-own.jsonl").read_text(encoding="utf-8").splitlines()
)


@pytest.fixture(scope="module")
def results() -> dict[str, Facts]:
    return {name: facts_of(result) for name, result in payloads_of(CORPORA / "guard-dev-b").items()}


@pytest.mark.parametrize("one", SENTENCES, ids=lambda one: one.text[:60])
def test_a_sentence_passes_if_it_is_true(one: Sentence, results: dict[str, Facts]) -> None:
    refused = unsupported_by(one.text, results[one.payload])
    assert (refused == ()) is one.honest, refused
