"""Keys of recommendations: the same for the same advice, whatever its amounts and the order of the log."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.optimization.engine import Analysis, analyse
from netra.domain.optimization.model import Goals
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.optimization.recommendation_key import KeyParts, key_of
from netra.domain.workloads.columns import Events, columns_of
from netra.domain.workloads.model import Event

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
SCOPES = st.lists(NAMES, max_size=4).map(tuple)
PARTS = st.builds(KeyParts, lever=NAMES, scope=SCOPES)


def named(parts: KeyParts) -> tuple[str, frozenset[str]]:
    return parts.lever, frozenset(parts.scope)


@given(NAMES, PARTS, SCOPES, st.randoms())
def test_the_order_and_repetition_of_selectors_do_not_matter(
    kind: Any, parts: Any, within: Any, random: Any
) -> None:
    shuffled = [*parts.scope, *parts.scope]
    random.shuffle(shuffled)
    same = KeyParts(lever=parts.lever, scope=tuple(shuffled))
    assert key_of(kind, same, within=within[::-1]) == key_of(kind, parts, within=within)


@given(NAMES, PARTS, PARTS)
def test_another_lever_or_scope_has_another_key(kind: Any, one: Any, other: Any) -> None:
    assert (key_of(kind, one) == key_of(kind, other)) == (named(one) == named(other))


@given(NAMES, NAMES, PARTS)
def test_another_kind_has_another_key(one: Any, other: Any, parts: Any) -> None:
    assert (key_of(one, parts) == key_of(other, parts)) == (one == other)


@given(NAMES, NAMES, SCOPES.filter(bool))
def test_selectors_of_the_question_are_not_those_of_the_finding(kind: Any, lever: Any, scope: Any) -> None:
    asked = key_of(kind, KeyParts(lever=lever), within=scope)
    assert asked != key_of(kind, KeyParts(lever=lever, scope=scope))
    assert re.fullmatch(r"rk-[0-9a-f]{24}", asked)


def a_log(*, hours: int = 26, times: int = 1) -> list[Event]:
    """Return `hours` of calls with something for most analysers; every token count is `times` as large."""
    begin = np.datetime64("2026-11-02T00:00:00").astype("datetime64[us]").astype(object)
    return [
        Event(
            timestamp=begin + timedelta(seconds=60 * n),
            model="big" if n % 3 else "other",
            input_tokens=2048 * times,
            output_tokens=(100 if n % 150 else 4000) * times,
            id=f"e{n}",
            template="chat" if n % 3 else "report",
            feature="support" if n % 3 else "nightly",
            offline=n % 3 == 0,
            status="timeout" if n % 50 == 7 else "ok",
            latency_ms=500.0 + n % 10,
            ttft_ms=100.0,
            prompt_hash=f"p{n % 400}",
            prefix_hashes=[n % 5, n % 5 + 10, n % 5 + 20, 1000 + n],
            prefix_block_tokens=512 * times,
            cached_input_tokens=0,
        )
        for n in range(60 * hours)
    ]


def price(model: str, usd: float, **changes: Any) -> Tariff:
    return msgspec.structs.replace(
        Tariff(
            model=model,
            provider="acme",
            input=Rate(usd_per_token=usd),
            output=Rate(usd_per_token=4 * usd),
            cached_input=Rate(usd_per_token=usd / 10),
            cache_min_tokens=1,
            cache_granularity_tokens=1,
        ),
        **changes,
    )


def analysed(events: Sequence[Event] | Events, *, usd: float = 1e-6, **goals: Any) -> Analysis:
    tariffs = {
        "big": price("big", usd, batch=price("big", usd / 2)),
        "other": price("other", usd, batch=price("other", usd / 2)),
    }
    return analyse(
        events if isinstance(events, Events) else columns_of(events),
        goals=Goals(**goals),
        prices=PriceList(tariffs=tariffs, candidates=(price("small", usd / 4),)),
        hardware=HARDWARE,
    )


def keys(analysis: Analysis) -> set[str]:
    return {found.key for found in analysis.recommendations}


@pytest.fixture(scope="module")
def plain() -> Analysis:
    return analysed(a_log())


def test_every_recommendation_of_a_result_has_a_key_of_its_own(plain: Analysis) -> None:
    assert len(keys(plain)) == len(plain.recommendations) >= 8


def test_a_shuffled_log_has_the_same_keys(plain: Analysis) -> None:
    events = columns_of(a_log())
    order = np.random.default_rng(7).permutation(len(events))
    assert keys(analysed(events.take(order))) == keys(plain)


def test_other_amounts_have_the_same_keys(plain: Analysis) -> None:
    assert keys(analysed(a_log(), usd=3e-6)) == keys(plain)
    assert keys(analysed(a_log(hours=50))) == keys(plain)


def test_longer_prompts_and_answers_have_the_same_keys_where_they_change_no_setting(plain: Analysis) -> None:
    longer = analysed(a_log(times=2))
    others = {
        one.key for one in (*plain.recommendations, *longer.recommendations) if one.kind == "self_hosting"
    }
    assert len(others) == 2  # other GPUs serve them best
    assert keys(longer) - others == keys(plain) - others


def test_a_question_about_some_calls_has_keys_of_its_own(plain: Analysis) -> None:
    about_chat = keys(analysed(a_log(), features=("chat",)))
    without_chat = keys(analysed(a_log(), excluded=("chat",)))
    assert about_chat.isdisjoint(keys(plain) | without_chat)
    assert keys(analysed(a_log(), features=("CHAT", "no such name"))) == about_chat
    assert keys(analysed(a_log(), features=("no such name",))) == keys(plain)


def test_advice_on_each_part_of_the_log_differs_in_its_key() -> None:
    found = [
        one for one in analysed(a_log(), split_by="template").recommendations if one.kind == "right_sizing"
    ]
    assert len({one.key for one in found}) == len(found) == 2
