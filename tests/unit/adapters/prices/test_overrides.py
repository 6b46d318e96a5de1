"""A person's own price file."""

from pathlib import Path

import pytest

from netra.adapters.prices.book import GenaiPriceBook
from netra.adapters.prices.overrides import read_overrides
from netra.domain.errors import UnreadableFile


def test_prices_a_million_tokens_become_prices_a_token_and_the_rest_stays_unknown(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text('[{"model": "own", "input_usd_per_mtok": 1.5, "output_usd_per_mtok": 3}]')
    (tariff,) = read_overrides(str(file)).tariffs
    assert (tariff.model, tariff.provider, tariff.source) == ("own", "custom", str(file))
    assert (tariff.input.usd_per_token, tariff.output.usd_per_token) == (1.5e-6, 3e-6)
    assert (tariff.cached_input, tariff.cache_write, tariff.batch) == (None, None, None)


def test_all_prices_can_be_named(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text(
        '[{"model": "own", "provider": "us", "input_usd_per_mtok": 2, "output_usd_per_mtok": 4,'
        ' "cached_input_usd_per_mtok": 0, "cache_write_usd_per_mtok": 2.5, "batch_input_usd_per_mtok": 1,'
        ' "batch_output_usd_per_mtok": 2, "context_window_tokens": 8192}]'
    )
    (tariff,) = read_overrides(str(file)).tariffs
    assert tariff.cached_input is not None
    assert tariff.cached_input.usd_per_token == 0.0
    assert tariff.cache_write is not None
    assert tariff.batch is not None
    assert (tariff.batch.input.usd_per_token, tariff.batch.cached_input) == (1e-6, None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"model": "own"}', "Expected `array`"),
        ('[{"model": "own", "input_usd_per_mtok": -1, "output_usd_per_mtok": 3}]', ">= 0"),
        ("[", "truncated"),
        ('[{"model": "own", "input_usd_per_mtok": 1}]', "needs input_usd_per_mtok and output_usd_per_mtok"),
    ],
)
def test_a_faulty_file_is_refused_with_its_fault(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "prices.json"
    file.write_text(content)
    with pytest.raises(UnreadableFile, match="is not a list of prices") as refusal:
        read_overrides(str(file))
    assert said in refusal.value.message


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"nowhere\.json"):
        read_overrides(str(tmp_path / "nowhere.json"))


def test_a_deployment_s_name_can_stand_for_a_model_of_the_book(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text('[{"model": "prod-chat", "same_as": "gpt-4o", "provider": "openai"}]')
    overrides = read_overrides(str(file))
    assert overrides.tariffs == ()
    tariff = GenaiPriceBook(overrides=overrides).tariff("Prod-Chat", provider="azure")
    assert tariff is not None
    assert (tariff.model, tariff.provider) == ("gpt-4o", "openai")
