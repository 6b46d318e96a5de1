"""Money that is saved, lost or neither, in words."""

import pytest

from netra.domain.optimization.wording import listed, saved


@pytest.mark.parametrize(("usd", "said"), [(0.56, "$0.56 less"), (-0.56, "$0.56 more"), (0.0, "as much")])
def test_a_loss_is_never_a_negative_saving(usd: float, said: str) -> None:
    assert saved(usd) == said


def test_a_long_list_is_cut_and_counted() -> None:
    assert listed(["a", "b", "c"]) == "a; b; c"
    assert listed(["a", "b", "c", "d"]) == "a; b; c; and 1 more"
