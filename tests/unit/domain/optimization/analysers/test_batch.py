"""Calls nobody waits for, at batch prices."""

from collections.abc import Callable

import msgspec
import pytest

from netra.domain.optimization.analysers import batch
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.composition import worth_alone
from netra.domain.optimization.model import Gap, Goals, Grade, Stance, never_stop
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.supply_config import NO_SETTINGS
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
Price = Callable[..., Tariff]


def said(study: Study) -> tuple[Finding | Gap, ...]:
    return batch.analyse(study, checkpoint=never_stop)


@pytest.fixture
def halved(tariff: Price) -> Tariff:
    return tariff(batch=tariff(usd=0.5e-6))


def test_calls_tagged_offline_are_batched_exactly(study: Make, call: Call, halved: Tariff) -> None:
    log = study([call(offline=True, template="report"), call(offline=False)], halved)
    (found,) = said(log)
    assert isinstance(found, Finding)
    assert (found.stance, found.grade) == (Stance.DO, Grade.EXACT)
    assert worth_alone(log, found).saved_usd == pytest.approx(0.7e-3)
    assert list(msgspec.to_builtins(found.supply.batch)) == [{"by": "template", "match": "report"}]


def test_a_deadline_of_a_day_is_as_good_as_a_tag(study: Make, call: Call, halved: Tariff) -> None:
    log = study([call(deadline_s=86_400), call(deadline_s=1)], halved)
    (found,) = said(log)
    assert isinstance(found, Finding)
    assert found.inputs.calls == 1


def test_groups_that_only_look_patient_need_their_owners_word(
    study: Make, call: Call, halved: Tariff
) -> None:
    log = study(
        [
            call(feature="index", streaming=False, deadline_s=7200),
            call(1, feature="chat", streaming=True),
            call(2, feature="mixed", streaming=False),
            call(3, feature="mixed", streaming=True),
            call(4, feature="talk", streaming=False, session="s"),
            call(5, feature="urgent", streaming=False, deadline_s=5),
            call(6, feature="tagged", streaming=False, offline=False),
        ],
        halved,
    )
    (found,) = said(log)
    assert isinstance(found, Finding)
    assert (found.stance, found.grade, found.inputs.groups) == (Stance.EVALUATE, Grade.MODEL, ("index",))
    assert worth_alone(log, found).low_usd == 0
    assert found.supply == NO_SETTINGS


def test_without_a_batch_price_the_gap_is_not_half_price(study: Make, call: Call) -> None:
    (gap,) = said(study([call(offline=True)]))
    assert isinstance(gap, Gap)
    assert gap.missing == ("the batch price of big",)


def test_without_tags_the_ceiling_is_said(study: Make, call: Call, halved: Tariff) -> None:
    (gap,) = said(study([call(tokens=(10_000_000, 0))], halved))
    assert isinstance(gap, Gap)
    assert "$5.00 of $10.00" in gap.would_add


def test_a_batch_price_that_is_no_lower_saves_nothing_and_says_nothing(
    study: Make, call: Call, tariff: Price
) -> None:
    assert said(study([call(offline=True)], tariff(batch=tariff()))) == ()


def test_a_refused_call_is_no_part_of_what_a_batch_costs(study: Make, call: Call, halved: Tariff) -> None:
    calls = [
        call(n, tokens=(1_000_000, 0), offline=True, status="429" if n % 2 else "200") for n in range(10)
    ]
    (found,) = said(study(calls, halved))
    assert isinstance(found, Finding)
    assert found.inputs.calls == 5
    assert found.inputs.eligible_usd_in_window == pytest.approx(5.0)
    assert found.inputs.discount_share == pytest.approx(0.5)


def test_calls_that_ended_with_a_change_are_not_batched(study: Make, call: Call, halved: Tariff) -> None:
    calls = [call(60 * n, offline=n < 5) for n in range(10)]
    assert said(study(calls, halved, goals=Goals(change_at=calls[5].timestamp))) == ()
    (found,) = said(study(calls, halved, goals=Goals(change_at=calls[4].timestamp)))
    assert isinstance(found, Finding)
    assert (found.inputs.calls, found.evidence.rows) == (1, 1)
    assert "since the change" in found.impact
