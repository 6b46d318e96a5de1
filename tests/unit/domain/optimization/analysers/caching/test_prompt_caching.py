"""Prompt caching by replay: when it pays, when it loses, and what is said without prefixes."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from netra.domain.optimization.analysers.caching import prompt_caching
from netra.domain.optimization.analysers.caching.cache_schemes import Replays, billed_reads, is_explicit
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.composition import compose, worth_alone
from netra.domain.optimization.model import Gap, Goals, Stance, never_stop
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.prefix import chain_tokens, prefix_reuse, reuse_of
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.optimization.study import study_of
from netra.domain.optimization.supply_config import NO_SETTINGS
from netra.domain.optimization.traffic import dropped, total_usd
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
Price = Callable[..., Tariff]


def said(study: Study) -> list[Finding | Gap]:
    return list(prompt_caching.analyse(study, checkpoint=never_stop))


def findings(study: Study) -> list[Finding]:
    return [one for one in said(study) if isinstance(one, Finding)]


def explicit(tariff: Price, **changes: object) -> Tariff:
    changes = {"cache_write": Rate(usd_per_token=1.25e-6), "caching": "explicit", **changes}
    return tariff(**changes)


def prompt(call: Call, second: float, *blocks: int, **fields: object) -> Event:
    """Return a call whose prompt is these blocks of 512 tokens."""
    return call(second, tokens=(512 * len(blocks), 0), prefix_hashes=list(blocks), **fields)


def test_automatic_caching_saves_the_difference_on_every_hit(study: Make, call: Call, tariff: Price) -> None:
    none = {"cached_input_tokens": 0}
    calls = [prompt(call, 0, 1, 2, **none), prompt(call, 10, 1, 2, **none), prompt(call, 20, 1, 3, **none)]
    log = study(calls, tariff(caching="automatic"))
    (found,) = findings(log)
    assert found.stance is Stance.DO
    assert worth_alone(log, found).saved_usd == pytest.approx((1024 + 512) * 0.9e-6)
    assert found.inputs.schemes[0].read_tokens == 1536
    assert found.inputs.schemes[0].write_tokens == 0
    assert "first" in found.steps[0] or "before" in found.steps[0]


@pytest.mark.parametrize("rest", [{}, {"cached_input_tokens": 0}])
def test_automatic_caching_that_the_log_does_not_show_is_between_nothing_and_all_and_in_no_plan(
    rest: dict[str, object], study: Make, call: Call, tariff: Price
) -> None:
    calls = [prompt(call, 10 * n, 1, 2) for n in range(3)]
    other = call(40, "small", tokens=(600, 10), **rest)
    log = study([*calls, other], tariff(caching="automatic"), tariff("small"))
    (found,) = findings(log)
    assert (found.stance, found.low_share, found.supply) == (Stance.INFORM, 0.0, NO_SETTINGS)
    worth = worth_alone(log, found)
    assert (worth.low_usd, worth.saved_usd) == (0.0, pytest.approx(2 * 1024 * 0.9e-6))
    assert "between nothing and this, and in no plan" in found.impact
    plan = compose(log, (found,), checkpoint=never_stop)
    assert plan.planned_usd_per_month == plan.evaluated_usd_per_month == plan.current_usd_per_month


def test_explicit_caching_pays_for_writes_and_says_when_it_loses(
    study: Make, call: Call, tariff: Price
) -> None:
    log = study([prompt(call, 300 * n, n) for n in range(5)], explicit(tariff))  # the first fills the cache
    (found,) = findings(log)
    assert found.stance is Stance.AVOID
    assert worth_alone(log, found).saved_usd == pytest.approx(-4 * 512 * 0.25e-6)
    assert "21.7 %" in found.impact
    assert list(msgspec.to_builtins(found.supply.caching)) == [
        {"model": "big", "provider": "acme", "enabled": False}
    ]
    assert compose(log, [found], checkpoint=never_stop).plan == ()


def test_explicit_caching_that_pays_joins_the_plan_with_its_time_to_live(
    study: Make, call: Call, tariff: Price
) -> None:
    log = study([prompt(call, second * 100, 1, 2) for second in range(5)], explicit(tariff))
    (found,) = findings(log)
    saved = 4 * 1024 * 0.9e-6 - 1024 * 0.25e-6
    assert worth_alone(log, found).saved_usd == pytest.approx(saved)
    assert found.supply.caching[0].ttl_s == 300
    assert found.supply.caching[0].mode == "explicit"


def test_the_longer_time_to_live_is_taken_when_its_dearer_writes_pay(
    study: Make, call: Call, tariff: Price
) -> None:
    priced = explicit(tariff, cache_ttl_s=(300, 3600), cache_write_1h=Rate(usd_per_token=2e-6))
    log = study([prompt(call, turn * 1000, 1, 2) for turn in range(5)], priced)
    (found,) = findings(log)
    assert worth_alone(log, found).saved_usd == pytest.approx(4 * 1024 * 0.9e-6 - 1024 * 1e-6)
    assert found.supply.caching[0].ttl_s == 3600
    losing = next(row for row in found.inputs.tried if row.ttl_s == 300)
    assert losing.saved_usd_in_window < 0
    assert losing.break_even_hit_share == pytest.approx(0.217, abs=1e-3)


def test_caching_is_switched_on_only_for_the_templates_that_gain(
    study: Make, call: Call, tariff: Price
) -> None:
    shared = [prompt(call, second, 1, 2, template="assistant") for second in range(5)]
    single = [prompt(call, second, 100 + second, template="import") for second in range(5)]
    log = study([*shared, *single], explicit(tariff))
    (found,) = findings(log)
    assert found.inputs.schemes[0].calls == 5
    assert worth_alone(log, found).saved_usd == pytest.approx(4 * 1024 * 0.9e-6 - 1024 * 0.25e-6)


def test_the_replay_is_made_anew_for_the_calls_that_remain(study: Make, call: Call, tariff: Price) -> None:
    log = study([prompt(call, 0, 1), prompt(call, 200, 1), prompt(call, 400, 1)], tariff(caching="automatic"))
    (found,) = findings(log)
    assert found.change is not None
    without_the_middle = dropped(log.traffic, np.array([False, True, False]))
    assert found.change(without_the_middle).cached_input_tokens.tolist() == [0, 0, 0]
    assert found.change(log.traffic).cached_input_tokens.tolist() == [0, 512, 512]


def test_the_change_is_idempotent(study: Make, call: Call, tariff: Price) -> None:
    priced = explicit(tariff, cache_ttl_s=(3600,), cache_write_1h=Rate(usd_per_token=2e-6))
    log = study([prompt(call, turn * 1000, 1, 2) for turn in range(5)], priced)
    change = findings(log)[0].change
    assert change is not None
    once = change(log.traffic)
    assert total_usd(change(once)) == total_usd(once)


def test_writes_that_do_not_pay_in_the_log_are_switched_off(study: Make, call: Call, tariff: Price) -> None:
    log = study(
        [prompt(call, second, second, cache_write_tokens=512) for second in range(3)], explicit(tariff)
    )
    (found,) = findings(log)
    assert "Turn explicit prompt caching off" in found.action
    assert worth_alone(log, found).saved_usd == pytest.approx(3 * 512 * 0.25e-6)
    assert msgspec.to_builtins(found.supply.caching[0]) == {
        "model": "big",
        "provider": "acme",
        "enabled": False,
        "mode": "explicit",
        "ttl_s": None,
        "cached_part": None,
        "min_tokens": 1,
    }


def test_automatic_caching_that_outlives_the_replay_stays_as_it_is(
    study: Make, call: Call, tariff: Price
) -> None:
    calls = [
        prompt(call, 0, 1, 2, 3, 4, cached_input_tokens=0),
        prompt(call, 400, 1, 2, 3, 4, cached_input_tokens=1920),
    ]
    (found,) = findings(study(calls, tariff(caching="automatic")))
    assert (found.stance, found.change, found.supply) == (Stance.INFORM, None, NO_SETTINGS)
    assert found.inputs.paid_back_usd_in_window == pytest.approx(1920 * 0.9e-6)
    assert found.inputs.tried[0].saved_usd_in_window == pytest.approx(-1920 * 0.9e-6)


def shared_start(call: Call, *, logged: bool) -> list[Event]:
    """Return ten prompts of 32 blocks that begin alike for four, those marked where it is logged."""
    calls: list[Event] = []
    for turn in range(10):
        counts = {"cache_write_tokens": 0 if turn else 2048, "cached_input_tokens": 2048 if turn else 0}
        own = range(100 * (turn + 1), 100 * (turn + 1) + 28)
        calls.append(prompt(call, 30 * turn, 1, 2, 3, 4, *own, **(counts if logged else {})))
    return calls


def test_a_marker_that_stands_where_it_should_is_left_there(study: Make, call: Call, tariff: Price) -> None:
    (found,) = findings(study(shared_start(call, logged=True), explicit(tariff, cache_min_tokens=1024)))
    assert (found.stance, found.supply) == (Stance.INFORM, NO_SETTINGS)


def test_a_marker_at_the_end_of_what_prompts_share_is_one_of_the_ways(
    study: Make, call: Call, tariff: Price
) -> None:
    log = study(shared_start(call, logged=False), explicit(tariff, cache_min_tokens=1024))
    (found,) = findings(log)
    assert found.stance is Stance.DO
    assert worth_alone(log, found).saved_usd == pytest.approx((9 * 2048 * 0.9 - 2048 * 0.25) * 1e-6)
    assert found.action.startswith("Mark only the shared prompt prefixes of big")
    assert found.steps[0].endswith("set one cache marker at its end.")
    assert found.supply.caching[0].cached_part == "the shared prompt prefix"
    whole = found.inputs.tried[0]
    assert (whole.cached_part, whole.saved_usd_in_window < 0) == ("the whole prompt", True)


def test_the_shared_part_is_that_of_each_template_and_one_stray_call_does_not_shorten_it(
    study: Make, call: Call, tariff: Price
) -> None:
    long = [prompt(call, n, 1, 2, 3, 100 + n, template="long") for n in range(40)]
    stray = [prompt(call, 50, 1, 500, 501, template="long")]
    short = [prompt(call, 60 + n, 9, 200 + n, template="short") for n in range(3)]
    other = [prompt(call, 70, 300, template="other"), call(71, "unpriced", template="other")]
    replays = Replays(study([*long, *stray, *short, *other], explicit(tariff)))
    marked = replays.marked_tokens(shared_only=True).tolist()
    assert marked == [1536] * 41 + [512] * 3 + [0, 0]
    everywhere = np.ones(46, np.bool_)
    hits = replays.hit_tokens(everywhere, ttl_s=300, shared_only=True).tolist()
    assert hits == [0] + [1536] * 39 + [512] + [0, 512, 512] + [0, 0]


def test_what_is_beyond_the_marked_part_is_in_no_cache(study: Make, call: Call, tariff: Price) -> None:
    some = [prompt(call, n, 1, 10 + n, template="a") for n in range(3)]
    twice = [prompt(call, 5 + n, 1, 2, 3, template="b") for n in range(2)]
    once = [prompt(call, 9, 1, 2, 4, template="a")]
    replays = Replays(study([*some, *twice, *once], explicit(tariff)))
    assert replays.marked_tokens(shared_only=True).tolist() == [512] * 3 + [1536] * 2 + [512]
    hits = replays.hit_tokens(np.ones(6, np.bool_), ttl_s=300, shared_only=True)
    assert hits.tolist() == [0, 512, 512, 512, 1536, 512]


def test_logged_reads_that_save_nothing_are_nothing_to_keep(study: Make, call: Call, tariff: Price) -> None:
    calls = [prompt(call, 400 * n, 1, cached_input_tokens=512) for n in range(2)]
    assert said(study(calls, tariff(cached_input=Rate(usd_per_token=1e-6)))) == []


def test_an_unknown_price_of_cached_input_is_a_gap_and_no_zero(
    study: Make, call: Call, tariff: Price
) -> None:
    (gap,) = said(study([prompt(call, 0, 1)], tariff(cached_input=None)))
    assert isinstance(gap, Gap)
    assert "so neither is the saving" in gap.reason


def test_nothing_is_said_where_nothing_repeats_and_writes_are_free(
    study: Make, call: Call, tariff: Price
) -> None:
    assert said(study([prompt(call, 0, 1), prompt(call, 1, 2)], tariff())) == []


def test_a_price_on_writes_means_explicit_where_the_book_is_silent(tariff: Price) -> None:
    assert is_explicit(tariff(cache_write=Rate(usd_per_token=1e-6)))
    assert not is_explicit(tariff())


def test_a_hit_under_the_minimum_is_not_billed_as_one(tariff: Price) -> None:
    rules = {"cache_min_tokens": 1024, "cache_granularity_tokens": 128}
    hits, covered = np.array([1000, 1100]), np.array([2048, 2048])
    assert billed_reads(hits, covered, tariff=tariff(**rules)).tolist() == [0, 1024]
    assert billed_reads(hits, covered, tariff=tariff(caching="explicit", **rules)).tolist() == [0, 1024]
    assert billed_reads(np.array([2000]), np.array([1100]), tariff=tariff(**rules)).tolist() == [1024]


def test_a_shared_start_under_the_minimum_is_never_read_from_a_marked_prompt(
    study: Make, call: Call, tariff: Price
) -> None:
    calls = [prompt(call, 60 * n, 1, 3 * n + 2, 3 * n + 3, 3 * n + 4) for n in range(9)]
    (found,) = findings(study(calls, explicit(tariff, cache_min_tokens=1024)))
    assert found.stance is Stance.AVOID
    assert found.inputs.schemes[0].read_tokens == 0


def test_prefixes_shorter_than_the_minimum_are_neither_read_nor_written(
    study: Make, call: Call, tariff: Price
) -> None:
    log = study([prompt(call, turn, 1) for turn in range(3)], explicit(tariff, cache_min_tokens=1024))
    assert int(chain_tokens(log.events).max()) == 512
    assert said(log) == []


def test_a_log_without_prefixes_says_what_they_would_tell_and_the_ceiling(study: Make, call: Call) -> None:
    (gap,) = said(study([call(tokens=(1_000_000, 0))]))
    assert isinstance(gap, Gap)
    assert gap.missing == ("prefix_hashes",)
    assert "$0.90" in gap.would_add


def test_caching_that_pays_in_the_bill_is_kept(study: Make, call: Call) -> None:
    found = findings(study([call(tokens=(1000, 0), cached_input_tokens=800)]))
    assert [one.stance for one in found] == [Stance.INFORM]
    assert found[0].inputs.paid_back_usd_in_window == pytest.approx(800 * 0.9e-6)


def test_caching_that_loses_in_the_bill_is_turned_off(study: Make, call: Call, tariff: Price) -> None:
    log = study([call(tokens=(1000, 0), cache_write_tokens=1000)], explicit(tariff))
    (found,) = findings(log)
    assert found.stance is Stance.DO
    assert worth_alone(log, found).saved_usd == pytest.approx(1000 * 0.25e-6)


def test_models_that_lose_and_models_that_gain_are_told_apart(study: Make, call: Call, tariff: Price) -> None:
    calls = [
        call(tokens=(1000, 0), cache_write_tokens=1000),
        call(1, "other", (1000, 0), cached_input_tokens=900),
    ]
    log = study(calls, explicit(tariff), tariff("other"))
    assert [one.stance for one in findings(log)] == [Stance.INFORM, Stance.DO]


def test_caching_is_audited_beside_a_model_that_does_not_use_it(
    study: Make, call: Call, tariff: Price
) -> None:
    log = study([call(0, cached_input_tokens=900), call(1, "other")], tariff(), tariff("other"))
    (found,) = findings(log)
    assert found.action.startswith("Keep")
    assert found.inputs.calls == 1


def at_two_providers(tariff: Price, *calls: Event) -> Study:
    """Return the calls of one model at x, its usual provider, and at y, both of which charge for writes."""
    at_x, at_y = explicit(tariff, provider="x"), explicit(tariff, provider="y")
    prices = PriceList(tariffs={"big": at_x}, at_providers={("big", "x"): at_x, ("big", "y"): at_y})
    return study_of(columns_of(calls), goals=Goals(), prices=prices, hardware=Hardware(gpus=(), models=()))


def test_caching_is_turned_off_at_the_provider_where_it_loses_alone(call: Call, tariff: Price) -> None:
    writes = call(0, provider="x", cache_write_tokens=1000)
    reads = call(1, provider="y", cached_input_tokens=900)
    _, off = findings(at_two_providers(tariff, writes, reads))
    assert off.action.startswith("Turn prompt caching off for big at x: ")
    assert off.steps == ("Remove the cache markers from the prompts sent to big at x.",)
    assert list(msgspec.to_builtins(off.supply.caching)) == [
        {"model": "big", "provider": "x", "enabled": False}
    ]


def test_a_model_is_named_once_and_set_at_each_provider_where_its_caching_loses(
    call: Call, tariff: Price
) -> None:
    calls = [call(n, provider=name, cache_write_tokens=1000) for n, name in enumerate(("x", "y"))]
    (off,) = findings(at_two_providers(tariff, *calls))
    assert off.action.startswith("Turn prompt caching off for big at x, big at y: ")
    assert off.inputs.models == ("big",)
    assert [one.provider for one in off.supply.caching] == ["x", "y"]


def test_one_setting_of_caching_gets_one_verdict(call: Call, tariff: Price) -> None:
    # the log names the provider of one call and not of the other: both are the usual one's
    writes = [call(n, provider=name, cache_write_tokens=1000) for n, name in enumerate(("x", None))]
    (off,) = findings(at_two_providers(tariff, *writes))
    assert off.action.startswith("Turn prompt caching off for big: ")
    assert list(msgspec.to_builtins(off.supply.caching)) == [
        {"model": "big", "provider": "x", "enabled": False}
    ]
    reads = call(3, provider="x", cached_input_tokens=900)
    (kept,) = findings(at_two_providers(tariff, writes[1], reads))
    assert kept.stance is Stance.INFORM


def test_caching_of_prompts_without_tokens_has_no_share(study: Make, call: Call, tariff: Price) -> None:
    log = study([call(0, tokens=(0, 5), prefix_hashes=[1]), prompt(call, 1, 2), prompt(call, 2, 2)], tariff())
    assert findings(log)[0].inputs.schemes[0].read_share == pytest.approx(0.5)


def test_losing_writes_at_an_odd_price_have_no_break_even_to_name(
    study: Make, call: Call, tariff: Price
) -> None:
    dear_reads = explicit(tariff, cached_input=Rate(usd_per_token=2e-6))
    log = study([prompt(call, 200 * n, 1) for n in range(4)], dear_reads)
    (found,) = findings(log)
    assert found.stance is Stance.AVOID
    assert "pays only if" not in found.impact


def test_a_log_that_tells_what_was_cached_needs_no_warning_about_it(
    study: Make, call: Call, tariff: Price
) -> None:
    calls = [prompt(call, second, 1, cached_input_tokens=0) for second in range(3)]
    (found,) = findings(study(calls, tariff(caching="automatic")))
    assert not any("does not show which tokens were cached" in said for said in found.assumptions)


def test_calls_without_prefixes_hit_nothing(study: Make, call: Call) -> None:
    replays = Replays(study([call(), call(1)]))
    for shared_only in (False, True):
        hits = replays.hit_tokens(np.ones(2, np.bool_), ttl_s=60, shared_only=shared_only)
        assert hits.tolist() == replays.marked_tokens(shared_only=shared_only).tolist() == [0, 0]


def test_models_that_need_the_same_step_are_grouped_by_instruction(
    study: Make, call: Call, tariff: Price
) -> None:
    calls = [
        call(n, model, tokens=(600, 10), prefix_hashes=[7], prefix_block_tokens=512, cached_input_tokens=0)
        for n, model in enumerate(("a", "b", "c") * 4)
    ]
    written = tariff("c", cache_write=Rate(usd_per_token=1.25e-6))
    log = study(calls, tariff("a"), tariff("b"), written)
    (found,) = [one for one in prompt_caching.analyse(log, checkpoint=never_stop) if isinstance(one, Finding)]
    assert found.action == (
        "Put the shared part of every prompt to a and b first, so that automatic caching can reuse it; "
        "Mark the whole prompts to c for caching, with a 300 s time to live"
    )
    assert len(found.steps) == 3


def test_a_retry_is_no_hit_of_the_prompt_that_was_refused_before_it(
    study: Make, call: Call, tariff: Price
) -> None:
    calls = [
        prompt(call, 1000 * n + later, n, status=status)
        for n in range(10)
        for later, status in ((0, "429"), (10, "200"))
    ]
    log = study(calls, explicit(tariff))
    (found,) = findings(log)
    assert found.stance is Stance.AVOID
    assert worth_alone(log, found).saved_usd == pytest.approx(-9 * 512 * 0.25e-6)  # without the first
    assert found.inputs.schemes[0].calls == 10


def test_without_a_price_of_cached_input_nobody_knows_whether_the_caching_of_the_log_pays(
    study: Make, call: Call, tariff: Price
) -> None:
    at = tariff(usd=2.5e-6, cached_input=None)
    cached, unpriced = (call(0, name, (1_238, 134), cached_input_tokens=896) for name in ("big", "mystery"))
    log = study([cached, unpriced], at)
    assert findings(log) == []
    assert ["the price of cached input of big"] in [
        list(one.missing) for one in said(log) if isinstance(one, Gap)
    ]


def test_cached_input_at_the_price_of_all_input_is_neither_kept_nor_turned_off(
    study: Make, call: Call, tariff: Price
) -> None:
    at = tariff(usd=2.5e-6, cached_input=Rate(usd_per_token=2.5e-6))
    log = study([call(0, "big", (1_238, 134), cached_input_tokens=896)], at)
    assert findings(log) == []


@pytest.mark.parametrize(("reads_first", "stance"), [(True, Stance.DO), (False, Stance.INFORM)])
def test_after_a_change_the_caching_since_it_is_judged(
    study: Make, call: Call, tariff: Price, reads_first: bool, stance: Stance
) -> None:
    reads, writes = {"cached_input_tokens": 900}, {"cache_write_tokens": 1_000}
    kinds = [reads if (n < 900) is reads_first else writes for n in range(1_000)]
    calls = [call(864.0 * n, tokens=(1_000, 0), **kind) for n, kind in enumerate(kinds)]
    log = study(calls, explicit(tariff), goals=Goals(change_at=calls[900].timestamp))
    (found,) = findings(log)
    assert found.stance is stance
    assert found.inputs.calls == 100
    assert "since the change" in found.impact
    if found.change is not None:
        assert worth_alone(log, found).monthly.saved_usd > 0


def test_after_a_change_the_way_that_pays_since_it_is_taken(study: Make, call: Call, tariff: Price) -> None:
    """Prompts repeated until the change and no more: what caching would have saved is gone."""
    calls = [prompt(call, 864.0 / 6 * n, 1 if n < 900 else n) for n in range(1_000)]
    log = study(calls, explicit(tariff), goals=Goals(change_at=calls[900].timestamp))
    (found,) = findings(log)
    assert found.stance is Stance.AVOID
    assert worth_alone(log, found).monthly.saved_usd < 0
    (whole,) = findings(study(calls, explicit(tariff)))
    assert whole.stance is Stance.DO


def test_after_a_change_the_shares_that_are_told_are_those_since_it(
    study: Make, call: Call, tariff: Price
) -> None:
    calls = [prompt(call, 144.0 * n, 1 if n < 900 else n) for n in range(1_000)]
    (found,) = findings(study(calls, explicit(tariff), goals=Goals(change_at=calls[900].timestamp)))
    row = found.inputs.schemes[0]
    assert (row.calls, row.input_tokens, row.read_tokens) == (100, 100 * 512, 0)
    assert found.evidence.rows == 100
    assert "reads 0" in found.impact


def test_a_model_that_was_cached_until_a_change_is_told_to_leave_it_off(
    study: Make, call: Call, tariff: Price
) -> None:
    writes = {"cached_input_tokens": 0, "cache_write_tokens": 512}
    plain = {"cached_input_tokens": 0, "cache_write_tokens": 0}
    calls = [prompt(call, 1_000.0 * n, n, **(writes if n < 50 else plain)) for n in range(100)]
    (found,) = findings(study(calls, explicit(tariff), goals=Goals(change_at=calls[50].timestamp)))
    assert (found.stance, "Do not turn on" in found.action) == (Stance.AVOID, True)


@pytest.mark.parametrize("ttl_s", [60, 300, 999])
def test_the_reuse_that_is_known_beside_refused_calls_is_the_one_that_a_replay_finds(
    study: Make, call: Call, tariff: Price, ttl_s: int
) -> None:
    """300 s is replayed once for all of a model's calls, 999 s and a part of its calls each time."""
    calls = [prompt(call, 40.0 * n, n % 5, n % 7, status="429" if n % 4 == 0 else "200") for n in range(60)]
    log = study(calls, tariff(cache_ttl_s=(60, 300)))
    blocks = log.shared_blocks
    assert blocks is not None
    for where in (~log.traffic.unpaid, ~log.traffic.unpaid & (np.arange(60) % 3 > 0)):
        (fresh,) = reuse_of(log.events, blocks, ttls_s=[ttl_s], where=where)
        found = Replays(log).hit_tokens(where, ttl_s=ttl_s)
        assert found.tolist() == fresh.hit_tokens.tolist()
        assert found.any()


def test_a_least_number_of_tokens_that_is_not_published_is_said_to_be_assumed(
    study: Make, call: Call, tariff: Price
) -> None:
    log = [prompt(call, 0, 1, 2), prompt(call, 10, 1, 2), prompt(call, 20, 1, 3)]
    (known,) = findings(study(log, tariff(caching="automatic")))
    (guessed,) = findings(study(log, tariff(caching="automatic", cache_min_known=False)))
    said = set(guessed.assumptions) - set(known.assumptions)
    assert [sentence.split(" is not known; ")[0] for sentence in said] == [
        "The minimum number of tokens that big caches"
    ]


def chat(call: Call, begin: float, end: float) -> list[Event]:
    """Return calls every 20 s; each prompt starts with one of ten shared prefixes and ends in its own way."""
    return [
        prompt(call, second, 10 + second // 20 % 10, 10 + second // 20 % 10 + 100, 10_000 + second)
        for second in range(int(begin), int(end), 20)
    ]


def test_the_first_time_to_live_fills_the_cache_and_is_not_counted(
    study: Make, call: Call, tariff: Price
) -> None:
    """Each prefix comes again after 200 s: in an hour all calls but the first ten read it."""
    log = study(chat(call, 0, 3600), explicit(tariff))
    (found,) = findings(log)
    calls = 180 - 15  # those from 300 s on, all of which read 1,024 tokens
    assert worth_alone(log, found).saved_usd == pytest.approx(calls * 1024 * 0.9e-6)
    (row,) = found.inputs.schemes
    assert (row.read_share, row.write_share) == (pytest.approx(2 / 3), 0.0)
    assert any(
        "The first 300 s of the log, 15 calls, only fill the cache" in one for one in found.assumptions
    )


@pytest.mark.parametrize("piece", range(6))
def test_ten_minutes_of_an_hour_do_not_turn_the_sign_of_explicit_caching(
    piece: int, study: Make, call: Call, tariff: Price
) -> None:
    """Prompts come again after 290 s: a warm cache reads them all, an empty one first writes 29 of 60."""
    dear = explicit(tariff, cache_write=Rate(usd_per_token=2e-6), cached_input=Rate(usd_per_token=0.3e-6))
    calls = [prompt(call, 10 * n, n % 29, 100 + n % 29) for n in range(60 * piece, 60 * piece + 60)]
    log = study(calls, dear)
    (found,) = findings(log)
    assert (found.stance, found.inputs.schemes[0].saved_usd_in_window > 0) == (Stance.DO, True)
    (cold,) = prefix_reuse(log.events, ttls_s=(300,))
    hits = cold.hit_tokens.sum()
    assert hits * 0.7e-6 < (60 * 1024 - hits) * 1e-6  # counted from empty it would lose


def test_a_log_too_short_to_fill_a_cache_is_no_reason_to_leave_it_off(
    study: Make, call: Call, tariff: Price
) -> None:
    found = said(study([prompt(call, second, second) for second in range(4)], explicit(tariff)))
    (gap,) = [one for one in found if isinstance(one, Gap)]
    assert not [one for one in found if isinstance(one, Finding)]
    assert gap.missing == ("450 s of calls to big",)
    assert "the first 300 s only fill the cache of big" in gap.reason


def test_a_cache_that_starts_empty_is_said_to_save_more(study: Make, call: Call, tariff: Price) -> None:
    (found,) = findings(study([prompt(call, second, 1, 2) for second in range(4)], explicit(tariff)))
    said = "The replayed cache of 300 s is empty at the log's start, so the real one saves more."
    assert said in found.assumptions


def test_free_caching_counts_every_read_of_the_log(study: Make, call: Call, tariff: Price) -> None:
    calls = [prompt(call, 60 * n, 1, 2, cached_input_tokens=0) for n in range(60)]
    log = study(calls, tariff(caching="automatic"))
    (found,) = findings(log)
    assert worth_alone(log, found).saved_usd == pytest.approx(59 * 1024 * 0.9e-6)
