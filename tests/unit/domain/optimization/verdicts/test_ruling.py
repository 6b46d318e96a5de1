"""The ruling from both parts of a change."""

import pytest

from netra.domain.optimization.verdicts.behaviour import Effect
from netra.domain.optimization.verdicts.ruling import UNKNOWN, Money, money_of


def ruled(
    mechanical_usd: float, effect: Effect | None, *, raw_usd: float = 0.0, foreign_usd: float = 0.0
) -> Money:
    return money_of(mechanical_usd, effect, cost_usd=100.0, raw_usd=raw_usd, foreign_usd=foreign_usd)


def test_both_parts_add_up_with_the_interval_of_the_behavioural_one() -> None:
    found = ruled(20.0, Effect(saved=-5.0, margin=3.0, surely=4.0))
    assert (found.saved_usd, found.low_usd, found.high_usd) == (15.0, 12.0, 18.0)
    assert found.ruling == "worth_it"


@pytest.mark.parametrize(
    ("saved", "surely", "ruling"),
    [
        (9.0, 8.0, "worth_it"),
        (-9.0, 8.0, "not_worth_it"),
        (1.0, 5.0, "no_difference"),
        (9.0, 20.0, "cannot_tell"),
    ],
)
def test_a_ruling_needs_the_95_interval_on_one_side_of_nothing(
    saved: float, surely: float, ruling: str
) -> None:
    assert ruled(0.0, Effect(saved=saved, margin=0.8 * surely, surely=surely)).ruling == ruling


@pytest.mark.parametrize(
    ("mechanical_usd", "raw_usd", "ruling"),
    [
        (20.0, 0.0, "worth_it"),
        (-20.0, 5.0, "not_worth_it"),
        (20.0, -30.0, "cannot_tell"),
        (0.0, 9.0, "cannot_tell"),
    ],
    ids=["a saving", "a loss", "turned by behaviour", "nothing changed"],
)
def test_without_a_behavioural_part_the_mechanical_one_rules_unless_it_is_turned(
    mechanical_usd: float, raw_usd: float, ruling: str
) -> None:
    found = ruled(mechanical_usd, None, raw_usd=raw_usd)
    assert (found.ruling, found.behavioural_usd, found.low_usd) == (ruling, None, None)


def test_another_providers_tokens_widen_the_interval() -> None:
    certain = Effect(saved=0.0, margin=0.0, surely=0.0)
    found = ruled(20.0, certain, foreign_usd=100.0)  # $100 before may have been $74.07 or $135
    assert found.low_usd == pytest.approx(20 - 25.926, abs=1e-3)
    assert found.high_usd == pytest.approx(55)
    assert found.ruling == "cannot_tell"
    assert ruled(20.0, None, foreign_usd=100.0).ruling == "cannot_tell"
    assert ruled(40.0, None, foreign_usd=100.0).ruling == "worth_it"


def test_an_unknown_price_is_no_saving_of_zero() -> None:
    assert UNKNOWN.saved_usd is None
