"""Slots: the model names a place in the data, the engine writes the number, in the reader's language."""

import json
from typing import Any

import pytest
from tests.unit.domain.agents.language.scripts import is_reading, model, told

from netra.domain.agents.guard.payload_facts import facts_of
from netra.domain.agents.language.briefing import as_data
from netra.domain.agents.language.masks import Json
from netra.domain.agents.language.page import Draft, Material, Page
from netra.domain.agents.language.rendering import rendered
from netra.domain.agents.language.slots import fill, slots_in
from netra.domain.agents.language.tongues import Tongue, is_english, tongue_of

PAYLOAD: Json = {
    "requests": 4_000,
    "bill_usd": 41.91,
    "bill_usd_per_month": {"value": 1_225.79, "low": 599.07, "high": 2_508.1},
    "plan": {"saved_usd_per_month": 568.53, "saved_share": 0.4638, "planned_usd_per_month": 657.26},
    "targets": [
        {"target": "saving_share", "asked": 0.2, "reached": 0.4638, "met": True},
        {"target": "speedup", "asked": 2.0, "reached": 1.0, "met": False},
        {"target": "ttft_ms_p99", "asked": 500.0, "reached": None, "met": None},
    ],
    "by_feature": [
        {"name": "code_review", "requests": 478, "usd_in_window": 21.114},
        {"name": "tagging", "requests": 635, "usd_in_window": 1.242},
    ],
    "recommendations": [
        {"id": "rec-1", "kind": "prompt_caching", "stance": "do", "action": "Cache the prompts"},
    ],
    "sizes_tried": [1, 2],
    "latency": {"ttft_ms_p99": 919.75},
    "span": {"seconds": 89_923.5},
    "memory_gib": 70.66,
}


def page(text: str, tongue: Tongue = Tongue.ENGLISH) -> Draft:
    material = Material(payload=PAYLOAD, facts=facts_of(PAYLOAD), known=as_data(PAYLOAD), tongue=tongue)
    held = Page(material)
    for sentence in text.split("|"):
        held.accepts(sentence)
    return held.draft()


@pytest.mark.parametrize(
    ("slot", "text"),
    [
        ("bill.usd_per_month", "$1,226 a month"),
        ("bill_usd_per_month.low", "$599.07 a month"),
        ("plan.saved_share", "46.4 %"),
        ("calls", "4,000 calls"),
        ("by_feature.code_review.usd_in_window", "$21.11"),
        ("by_feature.2.requests", "635 calls"),
        ("targets.saving_share.met", "met"),
        ("targets.speedup.met", "not met"),
        ("targets.ttft_ms_p99.met", "cannot be judged from this log"),
        ("recommendations.rec-1.kind", "prompt caching"),
        ("recommendations.rec-1.stance", "do it"),
        ("recommendations.rec-1.action", "Cache the prompts"),
        ("latency.ttft_ms_p99", "920 ms"),
        ("span.seconds", "25.0 h"),
        ("memory_gib", "70.7 GiB"),
        ("targets.speedup.asked", "2"),
    ],
)
def test_a_slot_is_rendered_with_its_unit_and_period(slot: str, text: str) -> None:
    assert fill(f"[[{slot}]]", PAYLOAD, tongue=Tongue.ENGLISH).text == text


@pytest.mark.parametrize(
    "slot",
    ["nothing", "plan", "plan.x", "by_feature.chat.requests", "by_feature.9.requests", "requests.0", "."],
)
def test_a_slot_that_leads_to_nothing_is_refused(slot: str) -> None:
    filled = fill(f"It is [[{slot}]].", PAYLOAD, tongue=Tongue.ENGLISH)
    assert filled.unknown == (slot,)
    assert page(f"It is [[{slot}]].").refused == ("an unknown slot",)


def test_an_open_bracket_is_refused() -> None:
    assert page("It is [[plan.saved_share.").refused[0] == "an unknown slot"


@pytest.mark.parametrize(
    ("tongue", "bill", "share", "calls", "is_met"),
    [
        (Tongue.ENGLISH, "$1,226 a month", "46.4 %", "4,000 calls", "met"),
        (Tongue.GERMAN, "1.226 $ pro Monat", "46,4 %", "4.000 Aufrufe", "erreicht"),
        (Tongue.FRENCH, "1\xa0226 $ par mois", "46,4 %", "4\xa0000 appels", "atteint"),
        (Tongue.SPANISH, "1.226 $ al mes", "46,4 %", "4.000 llamadas", "cumplido"),
    ],
)
def test_each_language_has_its_own_figures_and_verdicts(
    tongue: Tongue, bill: str, share: str, calls: str, is_met: str
) -> None:
    text = "[[bill.usd_per_month]]|[[plan.saved_share]]|[[calls]]|[[targets.saving_share.met]]"
    assert fill(text, PAYLOAD, tongue=tongue).text.split("|") == [bill, share, calls, is_met]


def test_one_call_is_no_plural() -> None:
    assert rendered(1, keys=("requests",), tongue=Tongue.GERMAN) == "1 Aufruf"


def test_sentences_of_the_data_are_in_english_only() -> None:
    assert rendered("Cache it", keys=("action",), tongue=Tongue.GERMAN) is None
    assert rendered("chat", keys=("name",), tongue=Tongue.GERMAN) == "chat"
    assert rendered("x y", keys=("name",), tongue=Tongue.GERMAN) is None
    assert rendered("else", keys=("kind",), tongue=Tongue.GERMAN) is None


def test_the_slots_of_the_data_are_listed() -> None:
    assert slots_in(PAYLOAD, most=3) == ["requests", "bill_usd", "bill_usd_per_month.value"]
    assert "by_feature.tagging.requests" in slots_in(PAYLOAD, most=100)
    assert "sizes_tried.2" in slots_in(PAYLOAD, most=100)


def test_a_slot_of_another_row_is_refused_as_a_typed_number_is() -> None:
    assert page("code_review costs [[by_feature.code_review.usd_in_window]].").refused == ()
    assert page("tagging costs [[by_feature.code_review.usd_in_window]].").refused == ("$21.11",)
    assert page("The plan saves [[bill.usd_per_month]].").refused == ("$1,226",)


@pytest.mark.parametrize(
    ("tongue", "text", "filled"),
    [
        (
            Tongue.GERMAN,
            "Ihre Rechnung beträgt [[bill.usd_per_month]].| Der Plan spart [[plan.saved_share]].",
            "Ihre Rechnung beträgt 1.226 $ pro Monat. Der Plan spart 46,4 %.",
        ),
        (
            Tongue.GERMAN,
            "Die Funktion code_review kostet [[by_feature.code_review.usd_in_window]].",
            "Die Funktion code_review kostet 21,11 $.",
        ),
        (Tongue.GERMAN, "Ihr Ziel ist [[targets.saving_share.met]].", "Ihr Ziel ist erreicht."),
        (
            Tongue.GERMAN,
            "Die Kosten von [[by_feature.tagging.name]] sind [[by_feature.tagging.usd_in_window]].",
            "Die Kosten von tagging sind 1,24 $.",
        ),
        (
            Tongue.FRENCH,
            "Le plan économise [[plan.saved_usd_per_month]].",
            "Le plan économise 568,53 $ par mois.",
        ),
        (Tongue.SPANISH, "Su factura es de [[bill.usd_per_month]].", "Su factura es de 1.226 $ al mes."),
        (Tongue.GERMAN, "The bill is [[bill.usd_per_month]].", "The bill is $1,226 a month."),
    ],
)
def test_an_answer_in_another_language_takes_its_numbers_from_slots(
    tongue: Tongue, text: str, filled: str
) -> None:
    draft = page(text, tongue)
    assert (draft.text, draft.refused, draft.faults) == (filled, (), ())


@pytest.mark.parametrize(
    "text",
    [
        "Selbst-Hosting halbiert die Rechnung.",
        "Sie sparen 80 % mit [[plan.saved_share]].",
        "Sie sparen achtzig Prozent, also [[plan.saved_share]].",
        "Die Ersparnis beträgt [[bill.usd_per_month]].",
        "Die Kosten betragen [[plan.saved_usd_per_month]].",
        "Der Plan spart nicht [[plan.saved_share]].",
        "Die Funktion tagging kostet [[by_feature.code_review.usd_in_window]].",
        "Die Kosten von [[by_feature.tagging.name]] sind [[by_feature.code_review.usd_in_window]].",
        "Die Funktion code_review kostet [[by_feature.tagging.usd_in_window]] und tagging [[bill_usd]].",
        "Der Monat von tagging kostet [[bill.usd_per_month]].",
        "Die Kosten von [[bill.usd_per_month]] sind hoch, weil der Server in Frankfurt steht.",
        "Der Plan spart [[plan.saved_usd_per_month]] pro Tag.",
        "Die Kosten sind [[bill_usd]] " + "und so weiter " * 20 + ".",
        "Alles wird besser mit [[plan.saved_share]] Ersparnis.",
    ],
)
def test_what_another_language_says_beyond_its_slots_is_refused(text: str) -> None:
    assert "a claim without a slot" in page(text, Tongue.GERMAN).refused


@pytest.mark.parametrize(
    ("text", "tongue"),
    [
        ("Make it 20 % cheaper", Tongue.ENGLISH),
        ("", Tongue.ENGLISH),
        ("Wie viel kann ich mit Caching sparen?", Tongue.GERMAN),
        ("Comment réduire la facture de 20 % ?", Tongue.FRENCH),
        ("¿Cómo puedo bajar el coste?", Tongue.SPANISH),
    ],
)
def test_the_language_of_a_question_is_recognised(text: str, tongue: Tongue) -> None:
    assert tongue_of(text) is tongue


def test_two_words_without_a_common_one_are_not_taken_for_english() -> None:
    assert not is_english("Kosten halbiert.")
    assert is_english("Fine.")


async def test_the_answer_comes_in_the_asker_s_language(desk: Any, calls: Any) -> None:
    await desk.workload(calls(10, prompt_hash="same"))
    desk.language_model = model("Die Rechnung beträgt [[bill_usd]] für [[calls]].")
    advice = await desk.ask("Wie können wir die Kosten senken?")
    assert advice.report.endswith("Die Rechnung beträgt 0,14 $ für 10 Aufrufe.")
    opening = next(prompt for prompt in desk.language_model.prompts if not is_reading(prompt))
    assert "in German" in opening.messages[0].text
    assert "bill_usd" in told(opening)["slots"]


async def test_typed_numbers_in_another_language_bring_the_template_back(desk: Any, calls: Any) -> None:
    await desk.workload(calls(10, prompt_hash="same"))
    desk.language_model = model("Die Rechnung beträgt 0,14 $ für 10 Aufrufe.")
    advice = await desk.ask("Wie können wir die Kosten senken?")
    assert advice.metrics.language_model.outcome == "fallback"
    assert "Your 10 calls cost" in advice.report
    assert "0,14" not in json.dumps([text for _, text in desk.watch.said])
