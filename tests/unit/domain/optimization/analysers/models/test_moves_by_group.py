"""Which parts should move to another model, and at what verbosity: a call each, worked out by hand.

A call has 1,000 tokens in and 100 out: $0.0014 at "big", whose output costs four times its input.
"""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.optimization.analysers import output_length
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.analysers.models import right_sizing
from netra.domain.optimization.analysers.models.moves import break_even_output_tokens, move_to
from netra.domain.optimization.composition import worth_alone
from netra.domain.optimization.model import Gap, Goals, Stance, never_stop
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.optimization.supply_config import NO_SETTINGS
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
Price = Callable[..., Tariff]

BY_TOOL = Goals(split_by="tool", models=("newer",))


def said(study: Study) -> list[Finding]:
    found = right_sizing.analyse(study, checkpoint=never_stop)
    return [one for one in found if isinstance(one, Finding)]


def tools(call: Call, **fields: object) -> list[Event]:
    return [call(n, tool="search" if n % 4 else "runner", **fields) for n in range(40)]


def newer(tariff: Price, *, input_usd: float, output_usd: float) -> Tariff:
    rates = {"input": Rate(usd_per_token=input_usd), "output": Rate(usd_per_token=output_usd)}
    return msgspec.structs.replace(tariff("newer"), cached_input=None, **rates)


def test_each_tool_gets_its_own_answer_dearest_first(study: Make, call: Call, tariff: Price) -> None:
    log = study(tools(call), goals=BY_TOOL, candidates=[tariff("newer", usd=0.5e-6)])
    search, runner = said(log)
    assert [one.inputs.match for one in (search, runner)] == ["search", "runner"]
    assert worth_alone(log, search).saved_usd == pytest.approx(30 * 0.7e-3)
    assert worth_alone(log, runner).saved_usd == pytest.approx(10 * 0.7e-3)
    assert msgspec.to_builtins(search.supply.route_rules[0]) == {
        "by": "tool",
        "match": "search",
        "to": "newer",
        "provider": "acme",
        "calls": 30,
        "max_output_tokens": 128,
    }
    assert "128" in search.action
    assert search.stance is Stance.EVALUATE


def test_the_verbosity_that_the_move_affords_is_worked_out(study: Make, call: Call, tariff: Price) -> None:
    # input at half, output at 1.875 times: 0.5e-3 + T x 7.5e-6 = 1.4e-3 at T = 120
    log = study(tools(call), goals=BY_TOOL, candidates=[newer(tariff, input_usd=0.5e-6, output_usd=7.5e-6)])
    found = said(log)[0]
    assert found.inputs.break_even_output_tokens == pytest.approx(120)
    assert found.inputs.output_tokens_mean == 100.0
    assert "under 120 tokens; answers average 100 tokens now" in found.impact


def test_a_dearer_model_says_how_short_its_answers_would_have_to_be(
    study: Make, call: Call, tariff: Price
) -> None:
    # 0.5e-3 + T x 16e-6 = 1.4e-3 at T = 56.25, and answers have 100
    log = study(tools(call), goals=BY_TOOL, candidates=[newer(tariff, input_usd=0.5e-6, output_usd=16e-6)])
    found = said(log)[0]
    assert (found.stance, found.supply, found.steps) == (Stance.AVOID, NO_SETTINGS, ())
    assert found.action == "Keep search on its present model: newer would not be cheaper"
    assert found.inputs.break_even_output_tokens == pytest.approx(56.25)
    assert worth_alone(log, found).saved_usd < 0


def test_a_model_whose_input_alone_costs_more_is_too_dear_at_any_length(
    study: Make, call: Call, tariff: Price
) -> None:
    log = study(tools(call), goals=BY_TOOL, candidates=[tariff("newer", usd=2e-6)])
    assert said(log)[0].inputs.break_even_output_tokens == 0.0
    assert "however short the answers" in said(log)[0].impact


def test_answers_that_cost_nothing_have_no_length_to_keep(study: Make, call: Call, tariff: Price) -> None:
    log = study(tools(call), goals=BY_TOOL, candidates=[newer(tariff, input_usd=0.5e-6, output_usd=0.0)])
    found = said(log)[0]
    assert found.inputs.break_even_output_tokens is None
    assert found.impact.endswith("less.")


def test_a_refused_call_is_no_part_of_what_a_move_costs(study: Make, call: Call, tariff: Price) -> None:
    refused = [call(50 + n, tool="search", status="429", tokens=(1000, 0)) for n in range(40)]
    log = study([*tools(call), *refused], goals=BY_TOOL, candidates=[tariff("newer", usd=0.1e-6)])
    found = said(log)[0]
    assert found.inputs.calls == 30
    assert found.inputs.now_usd_in_window == pytest.approx(30 * 1.4e-3)
    assert found.inputs.break_even_accept_rate == pytest.approx(0.1)
    assert worth_alone(log, found).saved_usd == pytest.approx(30 * 1.26e-3)


def test_a_tool_that_is_there_already_is_passed_over(study: Make, call: Call, tariff: Price) -> None:
    calls = [call(n, "newer" if n % 2 else "big", tool="search" if n % 2 else "runner") for n in range(10)]
    log = study(calls, tariff(), tariff("newer", usd=0.5e-6), goals=BY_TOOL)
    assert [one.inputs.match for one in said(log)] == ["runner"]


def test_the_best_of_several_named_models_is_proposed(study: Make, call: Call, tariff: Price) -> None:
    goals = Goals(split_by="tool", models=("newer", "newest"))
    candidates = [tariff("newer", usd=0.5e-6), tariff("newest", usd=0.4e-6)]
    found = said(study(tools(call), goals=goals, candidates=candidates))[0]
    assert found.inputs.model == "newest"
    assert {row.model for row in found.inputs.candidates} == {"newer", "newest"}


def test_without_a_named_model_those_of_the_own_provider_are_compared(
    study: Make, call: Call, tariff: Price
) -> None:
    candidates = [tariff("near", usd=0.5e-6), tariff("far", usd=0.1e-6, provider="else")]
    found = said(study(tools(call), goals=Goals(split_by="tool"), candidates=candidates))
    assert {one.inputs.model for one in found} == {"near"}


def test_a_log_without_tools_says_so_and_splits_by_what_it_has(
    study: Make, call: Call, tariff: Price
) -> None:
    log = study([call(feature="chat")], goals=BY_TOOL, candidates=[tariff("newer", usd=0.5e-6)])
    *found, gap = right_sizing.analyse(log, checkpoint=never_stop)
    assert isinstance(gap, Gap)
    assert gap.missing == ("tool",)
    assert [one.inputs.match for one in found if isinstance(one, Finding)] == ["chat"]


def test_caps_are_told_tool_by_tool_where_that_is_asked(study: Make, call: Call) -> None:
    calls = [
        call(n, tool=tool, tokens=(10, 4_000 if n == 0 else 60))
        for tool in ("search", "runner")
        for n in range(200)
    ]
    found = output_length.analyse(study(calls, goals=Goals(split_by="tool")), checkpoint=never_stop)
    assert [one.action for one in found if isinstance(one, Finding)] == [
        "Cap the output of search at 64 tokens",
        "Cap the output of runner at 64 tokens",
    ]


def test_a_cap_that_saves_next_to_nothing_names_its_tool(study: Make, call: Call) -> None:
    calls = [call(n, tool="search", tokens=(9_000, 65 if n == 0 else 60)) for n in range(200)]
    (found,) = output_length.analyse(study(calls, goals=Goals(split_by="tool")), checkpoint=never_stop)
    assert isinstance(found, Finding)
    assert found.action.startswith("Do not cap the length of answers of search")


@given(lengths=st.lists(st.integers(1, 500), min_size=1, max_size=20), usd=st.floats(0.1e-6, 0.9e-6))
def test_at_the_length_it_affords_the_move_costs_what_is_paid_now(
    study: Make, call: Call, tariff: Price, lengths: list[int], usd: float
) -> None:
    to = newer(tariff, input_usd=usd, output_usd=9e-6)
    log = study([call(n, tokens=(1_000, length)) for n, length in enumerate(lengths)], candidates=[to])
    move = move_to(log, to=to, dearer_too=True)
    limit = break_even_output_tokens(log, move)
    assert limit is not None
    then_usd = len(lengths) * (1_000 * usd + limit * 9e-6)
    assert then_usd == pytest.approx(float(np.sum(log.now_usd)))
