"""The report as a page."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from netra.domain.optimization.result import Advice, Recommendation
from netra.domain.workloads.columns import Events
from netra.entrypoints.reports.digest import digest_of
from netra.entrypoints.reports.page import page_of
from netra.entrypoints.reports.sketch import sketch_of

VOID = {"meta"}


class Reader(HTMLParser):
    """Checks that tags nest, and gathers what the tests ask about."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)


@pytest.fixture(scope="module")
def page(advice: Advice, events: Events) -> str:
    return page_of(digest_of(advice), sketch=sketch_of(events), source="log.jsonl", question="Cheaper?")


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def content_of(page: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read(page).texts["script"][0])
    return found


def test_the_page_loads_nothing_from_outside(page: str) -> None:
    loading = {"src", "href", "xlink:href", "srcset", "action"}
    assert [value for name, value in read(page).attributes if name in loading] == []
    assert "@import" not in page
    assert "url(" not in read(page).texts["style"][0]
    assert re.search(r"https?://(?!www\.w3\.org/|svelte\.dev/)", page) is None


def test_its_policy_admits_its_own_script_and_style_and_nothing_else(page: str) -> None:
    reader = read(page)
    policy = next(value or "" for name, value in reader.attributes if name == "content")
    assert policy.startswith("default-src 'none'; ")
    for kind, text in (("script", reader.texts["script"][1]), ("style", reader.texts["style"][0])):
        hashed = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{hashed}'" in policy


def test_the_page_holds_the_whole_answer(page: str, advice: Advice) -> None:
    content = content_of(page)
    assert content["kind"] == "answer"
    assert content["question"] == "Cheaper?"
    assert msgspec.convert(content["advice"], Advice) == advice
    assert content["worded"]["headline"] == digest_of(advice).headline


def test_the_page_holds_the_log_as_curves(page: str, events: Events) -> None:
    sketch, shown = sketch_of(events), content_of(page)["sketch"]
    assert sketch is not None
    assert shown["calls"] == 4_000
    assert shown["rates_per_s"] == sketch.rates_per_s.tolist()
    assert [one["name"] for one in shown["spreads"]] == ["time to first token", "whole call"]
    assert shown["spreads"][0]["p99"] == sketch.spreads[0].p99


def test_a_reader_without_scripts_reads_the_answer_in_words(page: str, advice: Advice) -> None:
    words = read(page).texts["pre"][0]
    assert digest_of(advice).headline in words
    assert advice.report in words


def test_the_page_is_titled_by_its_log(page: str) -> None:
    assert read(page).texts["title"] == ["log.jsonl – Netra"]


def advising(advice: Advice, *given: Recommendation) -> Advice:
    return msgspec.structs.replace(advice, recommendations=given)


def test_what_others_wrote_into_a_log_is_never_markup(advice: Advice, page: str) -> None:
    sly = msgspec.structs.replace(
        advice.recommendations[0], action="</script><script>alert(1)</script>\u2028<!--title-->"
    )
    written = page_of(digest_of(advising(advice, sly)), sketch=None, source='"><img src=x>', question="<b>")
    assert "<script>alert" not in written
    assert "<img" not in written
    assert len(read(written).texts["script"]) == len(read(page).texts["script"]) == 2
    assert content_of(written)["source"] == '"><img src=x>'
    action = content_of(written)["advice"]["recommendations"][0]["action"]
    assert action.startswith("</script><script>alert(1)</script>")


def test_an_answer_without_advice_still_makes_a_page(no_advice: Advice) -> None:
    written = page_of(digest_of(no_advice), sketch=None, source="empty.csv", question="?")
    assert "Send some to POST" in content_of(written)["advice"]["report"]
    assert content_of(written)["sketch"] is None


def test_the_same_answer_makes_the_same_page(advice: Advice, events: Events, page: str) -> None:
    again = page_of(digest_of(advice), sketch=sketch_of(events), source="log.jsonl", question="Cheaper?")
    assert again == page
