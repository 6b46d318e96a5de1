"""What an answer cost."""

import pytest

from netra.adapters.openai.endpoint import Endpoint, endpoint_of
from netra.adapters.openai.pricing import cost_usd, own_tariff
from netra.adapters.prices.book import GenaiPriceBook
from netra.domain.optimization.pricing import Rate, Tariff
from netra.ports.language_model import Usage
from netra.settings import Settings, settings_from

USAGE = Usage(input_tokens=1_000_000, cached_input_tokens=400_000, output_tokens=200_000)


def priced(**variables: str) -> Endpoint:
    return endpoint_of(settings_from(variables), prices=GenaiPriceBook())


def test_openais_own_models_cost_their_list_price() -> None:
    tariff = endpoint_of(Settings(language_model="gpt-4o"), prices=GenaiPriceBook()).tariff
    assert cost_usd(USAGE, tariff) == pytest.approx(0.6 * 2.5 + 0.4 * 1.25 + 0.2 * 10)


def test_nobody_knows_what_another_server_charges_whatever_its_model_is_called() -> None:
    endpoint = priced(NETRA_LANGUAGE_MODEL="gpt-4o", NETRA_LANGUAGE_MODEL_URL="http://localhost:8080/v1")
    assert endpoint.tariff is None
    assert cost_usd(USAGE, endpoint.tariff) is None


def test_the_operators_own_prices_hold_everywhere() -> None:
    own = {
        "NETRA_LANGUAGE_MODEL_URL": "http://localhost:8080/v1",
        "NETRA_LANGUAGE_MODEL_INPUT_USD": "1",
        "NETRA_LANGUAGE_MODEL_OUTPUT_USD": "2",
    }
    assert cost_usd(USAGE, priced(**own).tariff) == pytest.approx(1.0 + 0.4)
    own["NETRA_LANGUAGE_MODEL_CACHED_INPUT_USD"] = "0.5"
    assert cost_usd(USAGE, priced(**own).tariff) == pytest.approx(0.6 + 0.2 + 0.4)


def test_a_tier_is_chosen_by_the_requests_own_input() -> None:
    rate = Rate(usd_per_token=1e-6, tiers=((200_000, 2e-6),))
    tariff = Tariff(model="m", provider="p", input=rate, output=Rate(usd_per_token=0.0), usd_per_request=0.1)
    assert cost_usd(Usage(input_tokens=200_000), tariff) == pytest.approx(0.3)
    assert cost_usd(Usage(input_tokens=200_001), tariff) == pytest.approx(0.1 + 0.400002)


def test_more_cached_than_there_is_counts_as_all() -> None:
    tariff = own_tariff("m", input_usd=1.0, cached_input_usd=0.0, output_usd=0.0)
    assert cost_usd(Usage(input_tokens=10, cached_input_tokens=50), tariff) == 0.0
