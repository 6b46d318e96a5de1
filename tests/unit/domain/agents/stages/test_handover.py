"""What one agent hands on is checked, and the log's own names and instants reach the goals."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from netra.domain.agents.model import Briefing, Question
from netra.domain.agents.question.mentions import names_of
from netra.domain.agents.stages import analysis, handover, planning
from netra.domain.agents.stages.handover import Findings, Plan, Survey
from netra.domain.agents.stages.survey import NO_INSTANT, dated
from netra.domain.errors import UnsoundHandover
from netra.domain.ids import UserId, WorkloadId
from netra.domain.optimization import engine
from netra.domain.optimization.metrics import NOTHING_MEASURED
from netra.domain.optimization.model import Goals, never_stop
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.optimization.result import Advice
from netra.domain.optimization.supply_config import NOTHING_TO_SUPPLY
from netra.domain.what_if.price_list import price_list
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event, Workload

NOW = datetime(2026, 11, 18, tzinfo=UTC)
BRIEFING = Briefing(question=Question(owner_id=UserId(1), message="cheaper"), goals=Goals(), now=NOW)


def call(hour: int, model: str = "old", **fields: Any) -> Event:
    at = datetime(2026, 11, 16, tzinfo=UTC) + timedelta(hours=hour)
    return Event(timestamp=at, model=model, input_tokens=1_000, output_tokens=10, **fields)


@pytest.fixture
def surveyed() -> Survey:
    one = Rate(usd_per_token=1e-6)
    prices = PriceList(tariffs={"old": Tariff(model="old", provider="acme", input=one, output=one)})
    measured = engine.measure(
        columns_of([call(n, prompt_hash="one") for n in range(5)]),
        goals=Goals(),
        prices=prices,
        hardware=Hardware(gpus=(), models=()),
    )
    return Survey(briefing=BRIEFING, goals=Goals(), measured=measured)


@pytest.fixture
def findings(surveyed: Survey) -> Findings:
    return analysis.analyse(surveyed, checkpoint=never_stop)


def test_a_sound_hand_over_is_handed_on(surveyed: Survey, findings: Findings) -> None:
    plan = planning.plan(findings, checkpoint=never_stop)
    assert handover.checked_briefing(BRIEFING) is BRIEFING
    assert handover.checked_survey(surveyed) is surveyed
    assert handover.checked_findings(findings) is findings
    assert handover.checked_plan(plan) is plan


def test_nobody_is_briefed_on_a_workload_of_somebody_else() -> None:
    other = Workload(id=WorkloadId("wl-1"), owner_id=UserId(2), name="theirs", created_at=NOW, updated_at=NOW)
    with pytest.raises(UnsoundHandover, match="TriageSubAgent"):
        handover.checked_briefing(msgspec.structs.replace(BRIEFING, workload=other))


def test_no_call_is_lost_on_the_way(surveyed: Survey) -> None:
    study = surveyed.measured.study
    short = msgspec.structs.replace(study, now_usd=study.now_usd[:-1])
    measured = msgspec.structs.replace(surveyed.measured, study=short)
    with pytest.raises(UnsoundHandover, match="DataSubAgent"):
        handover.checked_survey(msgspec.structs.replace(surveyed, measured=measured))


def test_a_saving_lies_within_its_bounds(findings: Findings) -> None:
    first = findings.analysis.recommendations[0]
    high = msgspec.structs.replace(
        first.savings, low_in_window=0.0, high_in_window=first.savings.usd_in_window - 1
    )
    wrong = (msgspec.structs.replace(first, savings=high),)
    analysis = msgspec.structs.replace(findings.analysis, recommendations=wrong)
    with pytest.raises(UnsoundHandover, match="outside its own bounds"):
        handover.checked_findings(msgspec.structs.replace(findings, analysis=analysis))


def test_no_plan_costs_less_than_nothing(findings: Findings) -> None:
    composition = msgspec.structs.replace(findings.analysis.composition, planned_usd=-1.0)
    analysis = msgspec.structs.replace(findings.analysis, composition=composition)
    with pytest.raises(UnsoundHandover, match="less than nothing"):
        handover.checked_findings(msgspec.structs.replace(findings, analysis=analysis))


def test_every_step_belongs_to_a_recommendation(findings: Findings) -> None:
    plan: Plan = planning.plan(findings, checkpoint=never_stop)
    stray = msgspec.structs.replace(plan.actions[0], recommendation_id="rec-99")
    with pytest.raises(UnsoundHandover, match="belongs to no recommendation"):
        handover.checked_plan(msgspec.structs.replace(plan, actions=(stray,)))


def test_an_answer_has_words() -> None:
    with pytest.raises(UnsoundHandover) as failure:
        handover.checked_advice(
            Advice(
                recommendations=(),
                metrics=NOTHING_MEASURED,
                actions=(),
                supply_config=NOTHING_TO_SUPPLY,
                report=" ",
            )
        )
    assert failure.value.code == "PROCESSING_ERROR"
    assert failure.value.details["agent"] == "ReportingSubAgent"


def test_the_words_of_an_answer_are_such_as_every_store_can_hold() -> None:
    report = "“a\x00b”: no parameter that this engine reads"
    advice = Advice(
        recommendations=(),
        metrics=NOTHING_MEASURED,
        actions=(),
        supply_config=NOTHING_TO_SUPPLY,
        report=report,
    )
    assert handover.checked_advice(advice).report == "“a\ufffdb”: no parameter that this engine reads"


def test_the_names_of_a_log_are_those_of_its_columns() -> None:
    names = names_of(columns_of([call(0, feature="search", template="rank", tool="web")]))
    assert (names.features, names.functions, names.tools, names.models) == (
        ("search",),
        ("rank",),
        ("web",),
        ("old",),
    )
    assert names_of(columns_of([call(0)])).parts() == ()


LOG = columns_of([call(0), call(20), call(27, "new"), call(40, "new")])
ASKED = Goals(analyses=("upgrade_review",), models=("NEW",))
TUESDAY = datetime(2026, 11, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("goals", "change_at"),
    [
        (msgspec.structs.replace(ASKED, change_at=TUESDAY), TUESDAY.replace(hour=3)),  # the day it came on
        (ASKED, TUESDAY.replace(hour=3)),  # no day said: the log knows
        (msgspec.structs.replace(ASKED, models=("old",), change_at=TUESDAY), TUESDAY),  # it was always there
        (msgspec.structs.replace(ASKED, change_at=TUESDAY - timedelta(days=7)), TUESDAY - timedelta(days=7)),
        (Goals(models=("new",)), None),  # not asked
    ],
)
def test_a_change_is_dated_by_the_first_call_of_its_model(goals: Goals, change_at: datetime | None) -> None:
    found = dated(goals, LOG)
    assert (found.change_at, found.unread) == (change_at, ())


@pytest.mark.parametrize("models", [(), ("old",), ("unheard-of",)])
def test_a_change_that_nothing_dates_is_said(models: tuple[str, ...]) -> None:
    assert dated(msgspec.structs.replace(ASKED, models=models), LOG).unread == (NO_INSTANT,)


def test_a_price_list_is_asked_for_the_named_models() -> None:
    class Book:
        def tariff(self, model: str, **_: Any) -> Tariff | None:
            return Tariff(
                model=model, provider="p", input=Rate(usd_per_token=1.0), output=Rate(usd_per_token=1.0)
            )

        def similar(self, model: str, *, limit: int = 3) -> tuple[str, ...]:
            return ()

        def candidates(self, like: Tariff, **_: Any) -> tuple[Tariff, ...]:
            return ()

        def offers(self, is_meant: Any, **_: Any) -> tuple[Tariff, ...]:
            return ()

    found = price_list(LOG, Book(), default_model="old", asked_about=("gpt-5",))
    assert [tariff.model for tariff in found.candidates] == ["gpt-5"]
