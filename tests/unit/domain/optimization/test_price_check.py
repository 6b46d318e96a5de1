"""A bill is held against prices from another source."""

import math

import numpy as np

from netra.domain.optimization.price_check import evenly, price_check
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.workloads.columns import Events, empty_events, labels_of

TARIFF = Tariff(model="m", provider="p", input=Rate(usd_per_token=2.0), output=Rate(usd_per_token=1.0))
PRICES = PriceList(tariffs={"m": TARIFF})


def log(*tokens: int, model: str = "m") -> Events:
    labels = labels_of([model] * len(tokens))
    assert labels is not None
    return Events(
        at_ns=np.arange(len(tokens)),
        model=labels,
        input_tokens=np.array(tokens),
        output_tokens=np.zeros(len(tokens), np.int64),
    )


def test_equal_prices_agree() -> None:
    found = price_check(log(1, 2), PRICES, listed_usd=np.array([2.0, 4.0]))
    assert (found.agrees, found.bill_usd, found.listed_usd, found.bill_error, found.worst) == (
        True,
        6.0,
        6.0,
        0.0,
        (),
    )


def test_single_calls_that_are_off_are_named_even_when_the_bill_is_right() -> None:
    found = price_check(log(1, 2), PRICES, listed_usd=np.array([3.0, 3.0]))
    assert (found.agrees, found.bill_error) == (False, 0.0)
    assert math.isclose(found.row_error_max, 1 / 3)
    assert [wrong.event for wrong in found.worst] == ["#1", "#2"]
    assert (found.worst[0].model, found.worst[0].bill_usd, found.worst[0].listed_usd) == ("m", 2.0, 3.0)


def test_a_call_that_should_be_free_and_is_not_is_infinitely_off() -> None:
    assert price_check(log(1), PRICES, listed_usd=np.array([0.0])).row_error_max == math.inf


def test_only_calls_with_both_prices_are_compared() -> None:
    found = price_check(log(1, 2), PRICES, listed_usd=np.array([2.0, np.nan]))
    assert (found.rows, found.rows_compared, found.agrees) == (2, 1, True)


def test_nothing_compared_is_no_agreement() -> None:
    unknown = price_check(log(1, model="x"), PRICES, listed_usd=np.array([np.nan]))
    assert (unknown.agrees, unknown.rows_compared, unknown.models_unpriced) == (False, 0, ("x",))
    assert price_check(empty_events(), PRICES, listed_usd=np.zeros(0)).agrees is False


def test_a_long_log_is_thinned_evenly_from_first_to_last() -> None:
    thinned = evenly(log(*range(101)), at_most=3)
    assert thinned.input_tokens.tolist() == [0, 50, 100]
    assert len(evenly(log(1, 2), at_most=2)) == 2
