"""`netra simulate FILE`: a proposed change, re-priced and replayed on a real log."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_args

import click

from netra.domain.optimization.what_if.simulate import Precision, Proposal, Simulated
from netra.domain.optimization.wording import count, money, percent
from netra.entrypoints.commands.context import json_option, log_argument, run
from netra.entrypoints.commands.log_loading import log_in
from netra.entrypoints.commands.price_options import Prices, price_options
from netra.entrypoints.commands.rejected_rows import warn_of_rows
from netra.entrypoints.reports.safe import say_json, say_lines
from netra.entrypoints.reports.units import milliseconds, title_of
from netra.ports.log_files import ReadLog

TAILS: Final = (("ttft_ms_p99", "TTFT"), ("tpot_ms_p99", "TPOT"), ("latency_ms_p99", "whole call"))
PRECISION: Final = click.Choice(get_args(Precision))


@click.command()
@log_argument
@click.option("--to-model", metavar="NAME", help="Send every call to this model.")
@click.option("--cache/--no-cache", default=None, help="Turn prompt caching on or off.")
@click.option(
    "--cache-ttl", "cache_ttl_s", type=click.IntRange(1), metavar="S", help="Time to live of cached prompts."
)
@click.option(
    "--batch-share", type=click.FloatRange(0, 1), help="Share of the calls sent in batches, 0 to 1."
)
@click.option("--max-output-tokens", type=click.IntRange(1), help="Cut every answer at this length.")
@click.option("--gpu", metavar="NAME", help="Serve the calls on own GPUs of this kind.")
@click.option("--hosted-model", metavar="NAME", help="The open model on them.")
@click.option("--gpus-per-replica", type=click.IntRange(1, 8), help="GPUs that serve as one.")
@click.option("--replicas", type=click.IntRange(1, 512), help="How many; the fewest that do if left out.")
@click.option("--precision", type=PRECISION, help="Of the weights; what one would choose if left out.")
@click.option("--served-on", metavar="GROUP", help="What serves the log today, as '4x H100'.")
@click.option("--served-replicas", type=click.IntRange(1, 512), help="How many of those; 1 if left out.")
@click.option("--served-precision", type=PRECISION, help="Of their weights.")
@click.option(
    "--model", "priced_as", metavar="NAME", help="Price calls as this model now, whatever the log says."
)
@price_options
@json_option
def simulate(
    file: Path,
    *,
    to_model: str | None,
    priced_as: str | None,
    price_file: Path | None,
    as_of: datetime | None,
    as_json: bool,
    **proposed: Any,  # Any: click's options, checked by click and named like the proposal's fields
) -> None:
    """Say what a change would come to on the log in FILE: its bill, and its latency where that is known.

    \b
    netra simulate day.jsonl --cache --cache-ttl 300 --batch-share 0.2
    netra simulate day.jsonl --served-on "4x H100" --gpu H200 --gpus-per-replica 2
    """
    today = {name: value for name, value in proposed.items() if name.startswith("served_")}
    proposal = Proposal(model=to_model, **proposed)
    if proposal == Proposal(**today):
        raise click.UsageError("Propose a change, such as --to-model NAME or --cache.")
    prices = Prices(file=price_file, as_of=as_of)
    log, simulated = run(_simulated(file, proposal, model=priced_as, prices=prices))
    warn_of_rows(log)
    if as_json:
        say_json(simulated, indent=2)
    else:
        say_lines(lines_of(simulated))


def lines_of(simulated: Simulated) -> list[str]:
    """Return the outcome as a person reads it."""
    now_usd, then_usd = simulated.now_usd_per_month, simulated.then_usd_per_month
    change = f"{money(now_usd)} a month now, {money(then_usd)} then ({simulated.cost_change})"
    said = [f"{count(simulated.calls, 'call')}: {change}.", ""]
    for step in simulated.steps:
        saved = step.saved_usd_in_window
        does = "saves" if saved >= 0 else "costs"
        said.append(f"  {title_of(step.kind):<18}{does} {money(abs(saved))} over the log")
        said += [f"    {note}" for note in step.notes]
    if simulated.truncated_share:
        said.append(f"  {percent(simulated.truncated_share)} of the answers would be cut.")
    if left := simulated.calls_that_do_not_fit:
        words = "does not fit the new model's context and stays where it is"
        several = "do not fit the new model's context and stay where they are"
        said.append(f"  {count(left, 'call')} {words if left == 1 else several}.")
    if simulated.fleet_now is not None:
        said.append(f"  now   {_fleet(simulated.fleet_now)}")
    if simulated.fleet is not None:
        holds = "keeps" if simulated.fleet["keeps_limits"] else "breaks"
        said.append(f"  then  {_fleet(simulated.fleet)}, {holds} the latency limits")
    said.append("")
    said.append(f"  latency now   {_tails(simulated.latency_now)}")
    said.append(f"  latency then  {_tails(simulated.latency_then)}")
    return [*said, *(f"  {note}" for note in simulated.notes)]


async def _simulated(
    file: Path, proposal: Proposal, *, model: str | None, prices: Prices
) -> tuple[ReadLog, Simulated]:
    async with log_in(file, prices=prices) as (netra, log, checkpoint):
        return log, await netra.simulate(log.events, proposal, model=model, checkpoint=checkpoint)


def _tails(latency: Mapping[str, Any] | None) -> str:
    if latency is None:
        return "not known"
    known = [(name, key) for key, name in TAILS if latency[key] is not None]
    return ", ".join(f"{name} p99 {_told(latency, key)}" for name, key in known) or "not known"


def _told(latency: Mapping[str, Any], key: str) -> str:
    """Return a latency: measured as a point, modelled as its range."""
    bounds = latency.get(f"{key}_range")
    if bounds is None:
        return milliseconds(latency[key])
    return f"{milliseconds(bounds[0])} to {milliseconds(bounds[1])}"


def _fleet(fleet: Mapping[str, Any]) -> str:
    served = f"{fleet['model']} on {fleet['replicas']} x {fleet['gpus_per_replica']} {fleet['gpu']}"
    return f"{served}, {fleet['precision']}: {money(fleet['usd_per_hour'])} an hour"
