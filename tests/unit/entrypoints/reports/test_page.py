"""The report as a page."""

from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from netra.domain.optimization.result import Advice, Recommendation
from netra.domain.workloads.columns import Events
from netra.entrypoints.reports.digest import digest_of
from netra.entrypoints.reports.sketch import sketch_of

VOID = {"meta"}


class Reader(HTMLParser):
    """Checks that tags nest, and gathers what the tests ask about."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.attributes += attrs
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def page_of(*given: Any, **named: Any) -> str:
    """Return the page; the plotting is loaded by who plots, not by every process that reads this module."""
    from netra.entrypoints.reports import page

    return page.page_of(*given, **named)


@pytest.fixture(scope="module")
def page(advice: Advice, events: Events) -> str:
    return page_of(digest_of(advice), sketch=sketch_of(events), source="log.jsonl", question="Cheaper?")


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page.replace("<br>", ""))
    assert reader.open == []
    return reader


def test_the_page_nests_and_names_each_id_once(page: str) -> None:
    ids = read(page).ids
    assert len(ids) == len(set(ids))


def test_the_page_loads_nothing_from_outside(page: str) -> None:
    loading = [
        (name, value)
        for name, value in read(page).attributes
        if name in {"src", "href", "xlink:href", "srcset", "action"} and not (value or "").startswith("#")
    ]
    assert loading == []
    assert "@import" not in page
    assert "url(http" not in page


def test_every_plot_is_described_in_words(page: str) -> None:
    reader = read(page)
    described = [value for name, value in reader.attributes if name == "aria-labelledby"]
    assert described == [
        f"{name}-words" for name in ("steps", "analysers", "pareto", "arrivals", "spreads", "reuse")
    ]
    assert set(described) <= set(reader.ids)


def test_the_picture_of_ways_says_a_modelled_latency_as_its_range(page: str) -> None:
    assert "16 x H100 $33,680, 400 ms to 700 ms" in page


def test_plots_take_their_colours_from_the_page(page: str) -> None:
    assert "var(--good)" in page
    assert "#060606" not in page
    assert "prefers-color-scheme:dark" in page


def test_the_page_shows_the_same_dollars_as_the_terminal(page: str) -> None:
    words = " ".join(read(page).words)
    for amount in ("$15,680", "$10,098", "-$4,312", "+$18,000"):
        assert amount in words


def advising(advice: Advice, *given: Recommendation) -> Advice:
    """Return an answer that recommends what is given and has few plots, for they take their time."""
    metrics = msgspec.structs.replace(advice.metrics, pareto=msgspec.UNSET, prefix_reuse=())
    return msgspec.structs.replace(advice, recommendations=given, metrics=metrics)


def test_two_pieces_of_advice_of_one_kind_are_told_apart_in_the_picture(advice: Advice) -> None:
    first = advice.recommendations[2]
    both = (first, msgspec.structs.replace(first, id="rec-9"))
    page = page_of(digest_of(advising(advice, *both)), sketch=None, source="log.jsonl", question="?")
    assert "Right sizing saves $6,430; Right sizing 2 saves $6,430." in page


def test_what_others_wrote_into_a_log_is_never_markup(advice: Advice) -> None:
    sly = msgspec.structs.replace(advice.recommendations[0], action="<script>alert(1)</script>")
    page = page_of(digest_of(advising(advice, sly)), sketch=None, source='"><img src=x>', question="<b>")
    assert "<script>" not in page
    assert "<img" not in page


def test_an_answer_without_advice_still_makes_a_page(no_advice: Advice) -> None:
    page = page_of(digest_of(no_advice), sketch=None, source="empty.csv", question="?")
    assert "Send some to POST" in page
    assert "<svg" not in page


def test_the_same_answer_makes_the_same_page(advice: Advice, events: Events, page: str) -> None:
    again = page_of(digest_of(advice), sketch=sketch_of(events), source="log.jsonl", question="Cheaper?")
    assert again == page
