"""A model that writes fluent nonsense, in English and in German: no false statement reaches a reader."""

import json
from typing import Any

import pytest
from tests.corpora.guard_score import CORPORA, payloads_of, sentences_of
from tests.unit.domain.agents.language.scripts import model

from netra.domain.agents.guard.payload_facts import facts_of
from netra.domain.agents.language.briefing import as_data
from netra.domain.agents.language.page import Material, Page
from netra.domain.agents.language.tongues import Tongue

SECTIONS = (
    "requests", "input_tokens", "output_tokens", "bill_usd", "bill_usd_per_month", "verdict", "plan",
    "targets", "duplicates", "failures", "goals", "by_feature", "by_model", "by_tool", "by_template",
    "retirements", "span",
)  # fmt: skip
NONSENSE = (
    "Half of your bill vanishes as soon as you host the model yourself.",
    "Every answer will be better after this change.",
    "chat is cheaper than search because its users moved away.",
    "Most of the calls fail at night.",
    "The target is met with room to spare.",
    "Mixtral Large would serve all of it for a tenth of the price.",
    "Your bill doubled since the last release.",
    "search costs $0.84 over the log.",
    "The plan saves 15.0 % of the calls.",
    "No evaluation is needed: users will not notice.",
    "The log covers a whole month.",
    "Latency drops as soon as the cache is warm.",
    "You pay $0.71 a month today.",
    "Die Kosten halbieren sich durch Selbst-Hosting.",
    "Fast alle Aufrufe sind doppelt.",
    "Sie sparen damit achtzig Prozent.",
)


@pytest.fixture(scope="module")
def material() -> Material:
    result = payloads_of(CORPORA / "guard-dev")["payload-1.json"]
    sections = {name: part for name, part in result["metrics"].items() if name in SECTIONS}
    payload = {**sections, "recommendations": result["recommendations"]}
    facts = facts_of(payload)
    return Material(payload=payload, facts=facts, known=as_data(payload), tongue=Tongue.ENGLISH)


def test_no_dishonest_sentence_of_the_corpus_is_shown(material: Material) -> None:
    written = [one for one in sentences_of(CORPORA / "guard-dev") if one.payload == "payload-1.json"]
    shown = [one for one in written if Page(material).accepts(one.text) is not None]
    assert [one.text for one in shown if not one.honest] == []
    assert sum(one.honest for one in shown) >= 0.5 * sum(one.honest for one in written)


@pytest.mark.parametrize("text", NONSENSE)
async def test_nonsense_is_never_shown(text: str, desk: Any, calls: Any) -> None:
    await desk.workload(calls(10, prompt_hash="same", feature="chat") + calls(50, feature="search"))
    desk.language_model = model(text)
    tongue = "Wie können wir die Kosten senken?" if "ie " in text[:4] or "Fast" in text else "make it cheaper"
    advice = await desk.ask(tongue)
    assert advice.metrics.language_model.outcome == "fallback"
    assert text not in advice.report
    assert text not in json.dumps([shown for _, shown in desk.watch.said])
