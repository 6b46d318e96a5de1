"""`netra simulate FILE`: a proposed change, re-priced and replayed on a real log."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import click
from msgspec import UnsetType

from netra.domain.optimization.model import Precision
from netra.domain.optimization.wording import count, money, percent
from netra.entrypoints.commands.context import json_option, run, settings_with
from netra.entrypoints.commands.price_options import Prices, price_options
from netra.entrypoints.commands.reading_options import READING, Logs, logs_argument, logs_of
from netra.entrypoints.commands.rejected_rows import (
    dropped_words,
    has_dropped_too_many,
    say_result,
    say_why_it_fails,
    warn_of_rows,
)
from netra.entrypoints.reports.safe import say_lines
from netra.entrypoints.reports.units import milliseconds, title_of

if TYPE_CHECKING:
    from netra.domain.optimization.what_if.outcome import FleetSummary, ProposedFleetSummary, SimulatedLatency
    from netra.domain.optimization.what_if.simulate import Proposal, Simulated
    from netra.ports.log_files import ReadLog

NOT_ENOUGH: Final = 3
POSITIVE: Final = click.FloatRange(0, min_open=True)
BALANCING: Final = click.Choice(("random", "round_robin", "least_loaded"))
PRECISION: Final = click.Choice(get_args(Precision))


@click.command()
@logs_argument
@click.option("--to-model", metavar="NAME", help="Model to send every call to.")
@click.option("--cache/--no-cache", default=None, help="Turn prompt caching on or off.")
@click.option(
    "--cache-ttl", "cache_ttl_s", type=click.IntRange(1), metavar="S", help="Time to live of cached prompts."
)
@click.option(
    "--batch-share", type=click.FloatRange(0, 1), help="Share of the calls sent in batches, 0 to 1."
)
@click.option("--max-output-tokens", type=click.IntRange(1), help="Maximum length of an answer in tokens.")
@click.option("--gpu", metavar="NAME", help="GPU type to serve the calls on, self-hosted.")
@click.option("--hosted-model", metavar="NAME", help="Open model to serve on them.")
@click.option("--gpus-per-replica", type=click.IntRange(1, 8), help="GPUs per replica (tensor parallelism).")
@click.option(
    "--replicas", type=click.IntRange(1, 512), help="Number of replicas.  [default: the fewest that suffice]"
)
@click.option(
    "--precision", type=PRECISION, help="Precision of the weights.  [default: chosen by GPU and model]"
)
@click.option("--served-on", metavar="GROUP", help="Replica that serves the log today, such as '4x H100'.")
@click.option(
    "--served-replicas",
    type=click.IntRange(1, 512),
    help="Number of replicas that serve the log today.  [default: 1]",
)
@click.option("--served-precision", type=PRECISION, help="Precision of their weights.")
@click.option("--ttft-ms", type=POSITIVE, help="Limit on the time to first token in milliseconds.")
@click.option("--tpot-ms", type=POSITIVE, help="Limit on the time per output token in milliseconds.")
@click.option("--latency-ms", type=POSITIVE, help="Limit on the whole call in milliseconds.")
@click.option(
    "--percentile",
    type=click.FloatRange(1, 100, max_open=True),
    default=99.0,
    show_default=True,
    help="Percentile at which the limits must hold.",
)
@click.option(
    "--balancing", type=BALANCING, default="random", show_default=True, help="Load balancing across replicas."
)
@click.option(
    "--spare",
    type=click.IntRange(0, 64),
    default=0,
    show_default=True,
    help="Replicas beyond those that the limits need.",
)
@click.option(
    "--model",
    "priced_as",
    metavar="NAME",
    help="Model to price every call as today, in place of the logged one.",
)
@price_options
@json_option
def simulate(
    paths: tuple[str, ...],
    *,
    to_model: str | None,
    priced_as: str | None,
    price_file: Path | None,
    as_of: datetime | None,
    as_json: bool,
    **proposed: Any,  # Any: click's options, checked by click and named like the proposal's fields
) -> int:
    """Estimate a change on the log in PATH: the bill, and the latency where it can be predicted.

    \b
    netra simulate day.jsonl --cache --cache-ttl 300 --batch-share 0.2
    netra simulate day.jsonl --served-on "4x H100" --gpu H200 --gpus-per-replica 2
    """
    from netra.domain.optimization.what_if.simulate import Proposal  # imports numpy, as the help need not

    logs = logs_of(paths, **{name: proposed.pop(name) for name in READING})
    stated = ("served_", "ttft_ms", "tpot_ms", "latency_ms", "percentile", "balancing", "spare")
    today = {name: value for name, value in proposed.items() if name.startswith(stated)}
    proposal = Proposal(model=to_model, **proposed)
    if proposal == Proposal(**today):
        raise click.UsageError("Propose a change, such as --to-model NAME or --cache.")
    prices = Prices(file=price_file, as_of=as_of)
    log, simulated = run(_simulated(logs, proposal, model=priced_as, prices=prices))
    warn_of_rows(log)
    if as_json:
        say_result(simulated, log)
    else:
        say_lines(lines_of(simulated, dropped=dropped_words(log)))
    if has_dropped_too_many(log, allow_dropped=logs.allow_dropped):
        say_why_it_fails(log)
        return NOT_ENOUGH
    return 0


def lines_of(simulated: "Simulated", *, dropped: str = "") -> list[str]:
    """Return the outcome as lines of text; `dropped` says which part of the log is in no figure."""
    change = f"{_bills(simulated)} ({simulated.cost_change})"
    lines = [f"{dropped} {count(simulated.calls, 'call')}: {change}.".lstrip(), ""]
    for step in simulated.steps:
        saved = step.saved_usd_in_window
        does = "saves" if saved >= 0 else "costs"
        lines.append(f"  {title_of(step.kind):<18}{does} {money(abs(saved))} over the log")
        lines += [f"    {note}" for note in step.notes]
    if simulated.truncated_share:
        lines.append(f"  {percent(simulated.truncated_share)} of the answers would be cut.")
    if left := simulated.calls_that_do_not_fit:
        words = "does not fit the new model's context and stays where it is"
        several = "do not fit the new model's context and stay where they are"
        lines.append(f"  {count(left, 'call')} {words if left == 1 else several}.")
    if simulated.fleet_now is not None:
        lines.append(f"  now   {_fleet(simulated.fleet_now)}")
    if simulated.fleet is not None:
        lines.append(f"  then  {_fleet(simulated.fleet)}, {_verdict(simulated.fleet)}")
    lines.append("")
    lines.append(f"  latency now   {_tails(simulated.latency_now)}")
    lines.append(f"  latency then  {_tails(simulated.latency_then)}")
    return [*lines, *(f"  {note}" for note in simulated.notes)]


def _bills(simulated: "Simulated") -> str:
    """Return the bill now and then: a month's, or the log's own where it covers less than a day."""
    now_usd, then_usd = simulated.now_usd_per_month, simulated.then_usd_per_month
    if now_usd is None or then_usd is None:
        now_usd, then_usd = simulated.now_usd_in_window, simulated.then_usd_in_window
        return f"{money(now_usd)} over the log now, {money(then_usd)} then"
    return f"{money(now_usd)} a month now, {money(then_usd)} then"


async def _simulated(
    logs: Logs, proposal: "Proposal", *, model: str | None, prices: Prices
) -> "tuple[ReadLog, Simulated]":
    from netra.bootstrap.files import file_ports
    from netra.entrypoints.commands.log_loading import log_in
    from netra.entrypoints.file_analysis import simulate_on

    settings = settings_with(**prices.settings)
    ports = file_ports(settings)
    async with log_in(logs, ports.log_files, now=ports.clock.now()) as (log, checkpoint):
        return log, await simulate_on(
            log.events,
            proposal,
            book=ports.prices,
            default_model=settings.default_model,
            model=model,
            checkpoint=checkpoint,
        )


def _verdict(fleet: "ProposedFleetSummary") -> str:
    """Return whether the fleet keeps the limits, and the number of replicas that do."""
    holds = "keeps" if fleet.keeps_limits else "breaks"
    balancing = fleet.balancing.replace("_", " ")
    at = f"{holds} the latency limits at p{fleet.percentile:g} ({balancing} balancing)"
    found = f"{at}; with slow steps {percent(fleet.slow_replays_holding)} of the replays do"
    fewest = fleet.replicas_that_keep_limits
    needed = "no number of replicas does" if fewest is None else f"{count(fewest, 'replica')} would do"
    return f"{found}; {needed}"


def _tails(latency: "SimulatedLatency | None") -> str:
    if latency is None:
        return "not known"
    tails = (
        ("TTFT", latency.ttft_ms_p99, latency.ttft_ms_p99_range),
        ("TPOT", latency.tpot_ms_p99, latency.tpot_ms_p99_range),
        ("whole call", latency.latency_ms_p99, latency.latency_ms_p99_range),
    )
    known = [f"{name} p99 {_latency(ms, bounds)}" for name, ms, bounds in tails if ms is not None]
    return ", ".join(known) or "not known"


def _latency(ms: float, bounds: tuple[float, float] | UnsetType) -> str:
    """Return a measured latency as a point, a modelled one as its range."""
    if isinstance(bounds, UnsetType):
        return milliseconds(ms)
    return f"{milliseconds(bounds[0])} to {milliseconds(bounds[1])}"


def _fleet(fleet: "FleetSummary") -> str:
    served = f"{fleet.model} on {fleet.replicas} x {fleet.gpus_per_replica} {fleet.gpu}"
    return f"{served}, {fleet.precision}: {money(fleet.usd_per_hour)} an hour"
