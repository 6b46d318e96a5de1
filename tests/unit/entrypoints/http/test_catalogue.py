"""The catalogue of models and GPUs: what a proposal may name, with prices."""

from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.pricing import Rate, Tariff
from netra.entrypoints.http.catalogue import catalogue_of

from .conftest import House


class Shelf:
    """A catalogue of the tariffs that a test puts there."""

    edition = "1"

    def __init__(self, *tariffs: Tariff) -> None:
        self._tariffs = tariffs

    def listed(self, *, at: object = None) -> tuple[Tariff, ...]:
        return self._tariffs


async def test_the_catalogue_holds_models_and_gpus_and_is_not_sent_twice(house: House) -> None:
    answer = await house.client.get("/api/catalogue")
    body = answer.raise_for_status().json()
    (model,) = [each for each in body["models"] if each["name"] == "gpt-4o-mini"]
    assert (model["provider"], model["input_usd_per_m"], model["output_usd_per_m"]) == ("openai", 0.15, 0.6)
    assert model["batch_discount"] == 0.5
    assert {"name", "memory_gib", "usd_per_hour"} == set(body["gpus"][0])
    assert body["hosted_models"] == [model.name for model in HARDWARE.models]
    assert body["source"].startswith("genai-prices")
    again = await house.client.get("/api/catalogue", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_price_that_is_not_published_is_null() -> None:
    plain = Tariff(model="m", provider="p", input=Rate(usd_per_token=1e-6), output=Rate(usd_per_token=0.0))
    free_batch = Tariff(
        model="n", provider="p", input=plain.input, output=plain.output, batch=plain, cached_input=plain.input
    )
    first, second = catalogue_of(Shelf(plain, free_batch), HARDWARE).models
    assert (first.cached_input_usd_per_m, first.batch_discount, first.context_tokens) == (None, None, None)
    assert (second.cached_input_usd_per_m, second.batch_discount) == (1.0, None)
    empty = catalogue_of(Shelf(), HARDWARE)
    assert (empty.source, empty.as_of) == ("", None)


async def test_the_catalogue_is_for_people_who_are_signed_in(house: House) -> None:
    assert (await house.client.get("/api/catalogue", headers={"Authorization": ""})).status_code == 401
