"""Which tariff each label of a log gets, and what was taken for granted."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
import numpy as np
import pytest

from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.price_list import unpriced_labels
from netra.domain.optimization.pricing import Rate, Tariff, bill_usd, costs_usd
from netra.domain.what_if.price_list import CANDIDATES_MAX, price_list
from netra.domain.workloads.columns import Events, labels_of


def tariff_of(model: str, *, usd: float = 1.0, provider: str = "p") -> Tariff:
    return Tariff(
        model=model, provider=provider, input=Rate(usd_per_token=usd), output=Rate(usd_per_token=usd)
    )


class ShelfBook:
    """A price book over a shelf of tariffs by (provider asked for, model)."""

    def __init__(
        self, shelf: Mapping[tuple[str | None, str], Tariff], cheaper: tuple[Tariff, ...] = ()
    ) -> None:
        self._shelf = shelf
        self._cheaper = cheaper

    def tariff(self, model: str, *, provider: str | None = None, at: datetime | None = None) -> Tariff | None:
        return self._shelf.get((provider, model))

    def similar(self, model: str, *, limit: int = 3) -> tuple[str, ...]:
        return ("big",) if model == "bigg" else ()

    def candidates(self, like: Tariff, *, limit: int = 8, at: datetime | None = None) -> tuple[Tariff, ...]:
        return self._cheaper

    def offers(self, is_meant: Callable[[str], bool], *, at: datetime | None = None) -> tuple[Tariff, ...]:
        return tuple(offer for offer in OFFERS if is_meant(offer.model))


def log(*models: str, providers: list[str | None] | None = None) -> Events:
    labels = labels_of(models)
    assert labels is not None
    zeros = np.zeros(len(models), np.int64)
    return Events(
        at_ns=zeros,
        model=labels,
        input_tokens=zeros,
        output_tokens=zeros,
        provider=labels_of(providers or []),
    )


A, B = tariff_of("a"), tariff_of("b")
OFFERS = (tariff_of("llama-3.1-8b-instruct"), tariff_of("llama-3.1-70b"), tariff_of("a"))
BOOK = ShelfBook({(None, "a"): A, (None, "b"): B})


def test_every_label_gets_its_own_tariff_and_unknown_ones_none() -> None:
    prices = price_list(log("a", "mystery", "b"), BOOK, default_model="a")
    assert (prices.tariffs, prices.assumed) == ({"a": A, "b": B}, {})


def test_a_log_without_model_names_is_priced_as_the_default_and_that_is_said() -> None:
    prices = price_list(log("unspecified"), BOOK, default_model="b")
    assert (prices.tariffs, prices.assumed) == ({"unspecified": B}, {"unspecified": "b"})


def test_the_model_asked_for_prices_the_whole_log() -> None:
    prices = price_list(log("unspecified", "a", "b"), BOOK, default_model="a", model="b")
    assert prices.tariffs == {"unspecified": B, "a": B, "b": B}
    assert prices.assumed == {"unspecified": "b", "a": "b"}


def test_each_call_is_priced_at_its_own_provider() -> None:
    at_x, at_y = tariff_of("a", usd=1e-6, provider="x"), tariff_of("a", usd=5e-6, provider="y")
    book = ShelfBook({("x", "a"): at_x, ("y", "a"): at_y, (None, "a"): A})
    providers: list[str | None] = [*["x"] * 60, *["y"] * 40]
    served = log(*["a"] * 100, providers=providers)
    served = msgspec.structs.replace(served, input_tokens=np.full(100, 1_000_000))
    prices = price_list(served, book, default_model="a")
    assert prices.tariffs == {"a": at_x}  # what most of its calls meet stands for the model
    assert bill_usd(served, prices) == pytest.approx(260)
    assert price_list(served, book, default_model="b", model="a").tariffs == {"a": at_x}


def test_a_call_that_names_no_provider_gets_what_the_book_chooses() -> None:
    at_x = msgspec.structs.replace(A, provider="x")
    book = ShelfBook({("x", "a"): at_x, (None, "a"): A})
    prices = price_list(log("a", "a", "a", providers=["x", "x", None]), book, default_model="a")
    assert (prices.tariffs, prices.at_providers) == ({"a": A}, {("a", "x"): at_x})


def test_a_provider_nobody_knows_leaves_its_own_calls_unpriced_and_is_named() -> None:
    at_x = msgspec.structs.replace(A, provider="x")
    book = ShelfBook({("x", "a"): at_x, (None, "b"): B})
    served = log("a", "a", "a", "b", "c", providers=["x", "y", "y", None, None])
    prices = price_list(served, book, default_model="a")
    assert np.isnan(costs_usd(served, prices)).tolist() == [False, True, True, False, True]
    assert unpriced_labels(served, prices) == ("a at y", "c")


def test_calls_without_a_provider_leave_the_choice_to_the_book() -> None:
    book = ShelfBook({(None, "a"): A, ("x", "b"): B})
    assert price_list(log("a", "b", providers=[None, "x"]), book, default_model="a").tariffs == {
        "a": A,
        "b": B,
    }


def test_models_asked_about_come_first_and_nothing_comes_twice() -> None:
    cheaper = tuple(tariff_of(f"c{place}") for place in range(20))
    book = ShelfBook({(None, "a"): A, (None, "b"): B}, cheaper=(B, *cheaper))
    prices = price_list(log("a"), book, default_model="a", asked_about=["mystery", "b"])
    assert prices.candidates == (B, *cheaper)[:CANDIDATES_MAX]


def test_open_models_get_what_every_provider_asks_for_their_weights() -> None:
    names = ("Llama-3.1-8B", "Qwen3-32B", "mistral-large-latest", "a")
    prices = price_list(log(*names), BOOK, default_model="a", hardware=HARDWARE)
    assert prices.same_weights == {"Llama-3.1-8B": (OFFERS[0],)}
    assert price_list(log("a"), BOOK, default_model="a", hardware=HARDWARE).same_weights == {}
    assert price_list(log(*names), BOOK, default_model="a").same_weights == {}
