"""Words about a log of which little is known: no latency, no span, no month."""

from datetime import date

import msgspec

from netra.domain.agents.language.briefing import model_payload
from netra.domain.agents.language.masks import Mask
from netra.domain.agents.wording.headline import outlook
from netra.domain.agents.wording.replies import reply
from netra.domain.optimization.metrics import NOTHING_MEASURED, PriceChange
from netra.domain.optimization.model import Goals
from netra.domain.optimization.result import Advice
from netra.domain.optimization.supply_config import NOTHING_TO_SUPPLY

NOTHING = Advice(recommendations=(), metrics=NOTHING_MEASURED, actions=(), supply_config=NOTHING_TO_SUPPLY)
DEARER = PriceChange(
    model="gemini-3.8-flash",
    provider="google",
    on=date(2027, 1, 1),
    factor=2.0,
    usd_per_month=None,
    in_use=True,
)


def test_where_no_month_is_known_a_change_of_prices_is_a_share() -> None:
    (said,) = outlook(msgspec.structs.replace(NOTHING_MEASURED, price_changes=(DEARER,)))
    assert said.startswith("The price of gemini-3.8-flash changes on 2027-01-01")
    assert "100.0 % more" in said


def test_what_was_not_measured_is_not_told() -> None:
    assert "p99" not in reply(NOTHING, goals=Goals())
    payload = model_payload(NOTHING, mask=Mask())
    assert isinstance(payload, dict)
    assert not {"latency", "notes"} & set(payload)
