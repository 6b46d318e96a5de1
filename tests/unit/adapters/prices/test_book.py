"""The price book says what genai-prices says, and None where nobody published a price."""

from datetime import UTC, date, datetime
from itertools import islice

import msgspec
import numpy as np
import pytest
from genai_prices.data import providers
from genai_prices.types import ModelInfo, Provider, TieredPrices, Usage

from netra.adapters.prices.book import GenaiPriceBook
from netra.adapters.prices.caching import caching_facts
from netra.adapters.prices.candidates import WELL_KNOWN
from netra.adapters.prices.overrides import Overrides
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Rate, Tariff, costs_usd
from netra.domain.workloads.columns import Events, labels_of, nanoseconds

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOOK = GenaiPriceBook(now=lambda: NOON)
USAGES = (
    (100, 0, 0, 10),
    (9_000, 8_192, 0, 400),
    (150_000, 1_000, 2_000, 50),
    (300_000, 250_000, 10_000, 5_000),
)


def sold_by_token(*, every: int) -> list[tuple[Provider, ModelInfo]]:
    """Return every n-th model with tiers and every n-th of the others, where a name leads to itself."""
    flat: list[tuple[Provider, ModelInfo]] = []
    tiered: list[tuple[Provider, ModelInfo]] = []
    for provider in providers:
        for model in provider.models:
            price = model.get_prices(NOON).input_mtok
            if price is not None:
                (tiered if isinstance(price, TieredPrices) else flat).append((provider, model))
    chosen = [*flat[::every], *tiered[::every]]
    return [pair for pair in chosen if pair[0].find_model(pair[1].id, all_providers=providers) is pair[1]]


def log_of(label: str, *, at: datetime) -> Events:
    columns = np.array(USAGES, np.int64).T
    return Events(
        at_ns=np.full(len(USAGES), nanoseconds(at), np.int64),
        model=labels_of([label] * len(USAGES)),  # type: ignore[arg-type]  # never None: every row has a label
        input_tokens=columns[0],
        cached_input_tokens=columns[1],
        cache_write_tokens=columns[2],
        output_tokens=columns[3],
    )


def listed_usd(provider: Provider, model: ModelInfo, usage: tuple[int, int, int, int], at: datetime) -> float:
    tokens = Usage(
        input_tokens=usage[0], cache_read_tokens=usage[1], cache_write_tokens=usage[2], output_tokens=usage[3]
    )
    return float(model.calc_price(tokens, provider, genai_request_timestamp=at).total_price)


def test_a_bill_agrees_with_pricing_each_request_alone_over_the_whole_data_set() -> None:
    models = sold_by_token(every=17)
    assert len(models) > 100
    for provider, model in models:
        tariff = BOOK.tariff(model.id, provider=provider.id)
        assert tariff is not None
        ours = costs_usd(log_of(model.id, at=NOON), PriceList(tariffs={model.id: tariff}))
        theirs = [listed_usd(provider, model, usage, NOON) for usage in USAGES]
        assert ours.tolist() == pytest.approx(theirs, rel=1e-9), f"{provider.id}/{model.id}"


@pytest.mark.parametrize("hour", [0, 3, 8, 17, 23])
def test_prices_by_the_hour_agree_at_every_hour(hour: int) -> None:
    deepseek = next(provider for provider in providers if provider.id == "deepseek")
    at = NOON.replace(hour=hour, minute=31)
    for model in deepseek.models:
        tariff = BOOK.tariff(model.id, provider="deepseek")
        assert tariff is not None
        ours = costs_usd(log_of(model.id, at=at), PriceList(tariffs={model.id: tariff}))
        theirs = [listed_usd(deepseek, model, usage, at) for usage in USAGES]
        assert ours.tolist() == pytest.approx(theirs, rel=1e-9), model.id


def test_a_batch_tariff_is_there_only_where_and_when_one_is_published() -> None:
    gpt_4o = BOOK.tariff("gpt-4o")
    assert gpt_4o is not None
    assert gpt_4o.batch is not None
    assert gpt_4o.batch.input.usd_per_token == pytest.approx(gpt_4o.input.usd_per_token / 2)
    earlier = BOOK.tariff("gpt-4o", at=datetime(2026, 1, 1, tzinfo=UTC))
    assert earlier is not None
    assert earlier.batch is None
    never = BOOK.tariff("gpt-4o-audio-preview")
    assert never is not None
    assert never.batch is None
    embedding = BOOK.tariff("gemini-embedding-2", provider="google")
    assert embedding is not None
    assert embedding.output.usd_per_token == 0.0


def test_batch_prices_agree_with_the_published_variant_for_every_model_that_has_one() -> None:
    compared = 0
    sold = [(provider, model) for provider in providers for model in provider.models if model.price_variants]
    for provider, model in sold[::3]:
        tariff = BOOK.tariff(model.id, provider=provider.id)
        if tariff is None or tariff.batch is None:
            continue
        ours = costs_usd(log_of("m", at=NOON), PriceList(tariffs={"m": tariff.batch})).tolist()
        for usage, usd in islice(zip(USAGES, ours, strict=True), 1, 2):
            tokens = Usage(
                input_tokens=usage[0],
                cache_read_tokens=usage[1],
                cache_write_tokens=usage[2],
                output_tokens=usage[3],
            )
            context = {"processing": "batch"}
            listed = model.calc_price(tokens, provider, genai_request_timestamp=NOON, price_context=context)
            assert usd == pytest.approx(float(listed.total_price), rel=1e-9), model.id
            compared += 1
    assert compared > 20


def test_a_price_nobody_published_is_none() -> None:
    gpt_4 = BOOK.tariff("gpt-4")
    assert gpt_4 is not None
    assert (gpt_4.cached_input, gpt_4.cache_write) == (None, None)


def test_names_are_taken_as_logs_spell_them() -> None:
    spelled = [BOOK.tariff("GPT-4o"), BOOK.tariff("openai/gpt-4o"), BOOK.tariff("gpt-4o", provider="openai")]
    assert [tariff and (tariff.provider, tariff.model) for tariff in spelled] == [("openai", "gpt-4o")] * 3


def test_what_is_not_in_the_book_has_no_price() -> None:
    assert BOOK.tariff("no-such-model") is None
    assert BOOK.tariff("no-such-maker/gpt-4o") is None
    assert BOOK.tariff("gpt-4o", provider="no-such-provider") is None
    assert BOOK.tariff("whisper-1") is None  # sold by the hour of audio


def test_a_tariff_says_when_it_holds_where_it_is_from_and_how_the_provider_caches() -> None:
    claude = BOOK.tariff("claude-haiku-4-5")
    gemini, older = BOOK.tariff("gemini-3.8-flash"), BOOK.tariff("gemini-2.5-pro")
    assert claude is not None
    assert gemini is not None
    assert older is not None
    assert claude.as_of == date(2026, 11, 20)
    assert claude.source.startswith("genai-prices ")
    assert (claude.caching, claude.cache_min_tokens, claude.cache_ttl_s) == ("explicit", 4096, (300, 3600))
    assert claude.cache_write_1h is not None
    assert claude.cache_write_1h.usd_per_token == pytest.approx(2 * claude.input.usd_per_token)
    assert (gemini.caching, gemini.cache_min_tokens, older.cache_min_tokens) == ("automatic", 4096, 2048)


def test_an_override_comes_first_and_only_for_its_provider() -> None:
    own = Tariff(
        model="gpt-4o", provider="azure", input=Rate(usd_per_token=1e-6), output=Rate(usd_per_token=2e-6)
    )
    book = GenaiPriceBook(overrides=Overrides(tariffs=(own,)), now=lambda: NOON)
    assert book.tariff("GPT-4o") is own
    assert book.tariff("gpt-4o", provider="azure") is own
    assert book.tariff("gpt-4o", provider="openai") == BOOK.tariff("gpt-4o")


def test_candidates_are_cheaper_the_same_provider_first_and_the_dearest_of_them_first() -> None:
    like = BOOK.tariff("gpt-4o")
    assert like is not None
    found = BOOK.candidates(like)
    blended = [3 * tariff.input.usd_per_token + tariff.output.usd_per_token for tariff in found]
    assert len(found) == 8
    assert max(blended) < 3 * like.input.usd_per_token + like.output.usd_per_token
    assert {tariff.provider for tariff in found[:3]} == {"openai"}
    assert blended[:3] == sorted(blended[:3], reverse=True)


def test_every_well_known_model_is_in_the_book() -> None:
    missing = [name for name in WELL_KNOWN if BOOK.tariff(name[1], provider=name[0]) is None]
    assert missing == []


def test_a_book_that_is_not_told_the_time_prices_today() -> None:
    tariff = GenaiPriceBook().tariff("gpt-4o")
    assert tariff is not None
    assert tariff.as_of is not None


@pytest.mark.parametrize(
    ("model", "provider", "ttl_s"),
    [
        ("gpt-6-sol", "openai", 1800),
        ("gpt-6.1-terra", "openai", 1800),
        ("gpt-5.6-luna", "openai", 1800),
        ("gpt-5.5", "openai", 300),
        ("gpt-4o", "openai", 300),
        ("o3", "openai", 300),
        ("gpt-6-sol", "azure", 300),
    ],
)
def test_what_openai_charges_a_write_for_lives_half_an_hour(model: str, provider: str, ttl_s: int) -> None:
    facts = caching_facts(provider=provider, model=model)
    assert (facts.caching, facts.ttl_s) == ("automatic", (ttl_s,))


def test_offers_are_what_every_provider_asks_for_the_models_that_are_meant() -> None:
    found = BOOK.offers(lambda name: name.lower().endswith("llama-3.1-70b-instruct"))
    assert {tariff.provider for tariff in found} >= {"novita", "openrouter"}
    for tariff in found:
        assert tariff.modality is None
        assert tariff.input.usd_per_token > 0.0
        assert not tariff.is_deprecated
    assert BOOK.offers(lambda _: False) == ()


def test_a_price_of_ones_own_is_an_offer_in_place_of_the_books() -> None:
    listed = BOOK.offers(lambda name: name == "meta-llama/llama-3.1-70b-instruct")[0]
    mine = msgspec.structs.replace(listed, input=Rate(usd_per_token=1e-9))
    book = GenaiPriceBook(overrides=Overrides(tariffs=(mine,)), now=lambda: NOON)
    found = book.offers(lambda name: name == listed.model)
    assert mine in found
    assert [one.provider for one in found].count(listed.provider) == 1


def test_the_catalogue_lists_each_text_model_of_its_maker_once_with_the_books_own_prices() -> None:
    listed = BOOK.listed()
    keys = [(tariff.provider, tariff.model) for tariff in listed]
    assert keys == sorted(set(keys))
    assert {"gpt-4o", "gpt-4o-mini"} <= {tariff.model for tariff in listed}
    assert not [tariff for tariff in listed if tariff.modality is not None or tariff.is_deprecated]
    for tariff in listed[::25]:
        assert BOOK.tariff(tariff.model, provider=tariff.provider) == tariff
    known = {key for key in WELL_KNOWN if BOOK.tariff(key[1], provider=key[0]) is not None}
    assert known <= set(keys)
    assert BOOK.listed() is listed, "made once a day"
    assert BOOK.listed(at=datetime(2026, 1, 1, tzinfo=UTC)) != listed


def test_the_users_own_prices_come_first_in_the_catalogue() -> None:
    own = Tariff(
        model="ours", provider="custom", input=Rate(usd_per_token=1e-6), output=Rate(usd_per_token=2e-6)
    )
    book = GenaiPriceBook(overrides=Overrides(tariffs=(own,)), now=lambda: NOON)
    assert book.listed()[0] is own
    assert book.edition != BOOK.edition
    assert book.edition == GenaiPriceBook(overrides=Overrides(tariffs=(own,))).edition
