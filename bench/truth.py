"""Whether intervals cover and verdicts on nothing stay silent, on public traces and generated sessions.

    python bench/truth.py [--data ../shared/data] [--runs 200] [--seed 1]

Prints, for traces in which nothing changed, how often a verdict claims an effect (bar: 10 %); for
known effects and months, how often the 90 % interval covers the truth (bar: 85 to 95 %, or none). The
level of a month and the drift of a share are fitted on ServeGen m-large and quoted on m-mid (both have 14
days), the share on a day of DeepSeek-R1 as well. Days drawn from ServeGen take its
arrivals by client, and give each client its own lengths of input and output.
A part whose trace is not in `--data` is skipped and says so.
"""

import argparse
import csv
import gzip
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

import share_windows
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.optimization.traffic import call_usd, traffic_of
from netra.domain.optimization.uncertainty.level import DAY_S, FIT, LEAST_OF_CONSTANT, sigma_of, swing_of
from netra.domain.optimization.uncertainty.ratio import Z_90
from netra.domain.optimization.verdicts.verdict import ChangeVerdict, verdict_of
from netra.domain.workloads.columns import Events, Labels

Floats = npt.NDArray[np.float64]
S_NS = 10**9
WINDOW_S = 600  # of the ServeGen files
CLAIMS = ("worth_it", "not_worth_it")
PRICES = PriceList(
    tariffs={
        "m": Tariff(
            model="m",
            provider="p",
            input=Rate(usd_per_token=2.5e-6),
            output=Rate(usd_per_token=10e-6),
        )
    }
)


def log(at_s: Floats, tokens_in: Floats, tokens_out: Floats, **labels: npt.NDArray[np.int64]) -> Events:
    """Return calls of one model, oldest first; `labels` are codes of sessions or templates."""
    order = np.argsort(at_s, kind="stable")
    columns: dict[str, Any] = {  # Any: only label columns, which their names do not say
        name: Labels(codes=codes[order].astype(np.int32), names=tuple(map(str, range(int(codes.max()) + 1))))
        for name, codes in labels.items()
    }
    return Events(
        at_ns=(at_s[order] * S_NS).astype(np.int64),
        model=Labels(codes=np.zeros(len(order), np.int32), names=("m",)),
        input_tokens=np.maximum(tokens_in[order], 1).astype(np.int64),
        output_tokens=np.maximum(tokens_out[order], 1).astype(np.int64),
        **columns,
    )


def verdict(events: Events, change_ns: int) -> ChangeVerdict:
    """Return the verdict that the engine gives on a change at an instant."""
    traffic = traffic_of(events, PRICES)
    groups = events.template or Labels(codes=np.zeros(len(events), np.int32), names=("all calls",))
    return verdict_of(events, traffic, call_usd(traffic), groups=groups, change_ns=change_ns).change


def told(name: str, found: Sequence[ChangeVerdict]) -> None:
    """Print how often verdicts on nothing claim an effect."""
    claims = sum(one.ruling in CLAIMS for one in found)
    silent = sum(one.behavioural_usd is None for one in found)
    print(
        f"  {name:<44} {len(found):4} instants, {claims:3} claim an effect ({claims / len(found):5.1%}), "
        f"{silent} without an interval"
    )


def placebos(name: str, events: Events, *, count: int = 41) -> None:
    """Ask about instants of a trace in which nothing changed."""
    instants = np.quantile(events.at_ns, np.linspace(0.1, 0.9, count)).astype(np.int64)
    told(name, [verdict(events, int(at_ns)) for at_ns in instants])


def azure(path: Path) -> Events:
    """Return the public hour of a chat service."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    begin = datetime(2023, 11, 16, tzinfo=UTC)
    at_s = [
        (datetime.fromisoformat(row["TIMESTAMP"][:26]).replace(tzinfo=UTC) - begin) / timedelta(seconds=1)
        for row in rows
    ]
    lengths = [[float(row[name]) for row in rows] for name in ("ContextTokens", "GeneratedTokens")]
    return log(np.array(at_s), np.array(lengths[0]), np.array(lengths[1]))


def mooncake(path: Path) -> Events:
    """Return the synthetic trace with many ties."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    columns = [
        np.array([float(row[name]) for row in rows])
        for name in ("timestamp", "input_length", "output_length")
    ]
    return log(columns[0] / 1000, columns[1], columns[2])


def rates_of(path: Path) -> Floats:
    """Return requests a second, by client and window, of a ServeGen file."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        rows = [row for row in csv.reader(file) if row[1] != "t_s"]
    client = np.unique([row[0] for row in rows], return_inverse=True)[1]
    window = (np.array([float(row[1]) for row in rows]) // WINDOW_S).astype(int)
    rates = np.zeros((client.max() + 1, window.max() + 1))
    np.add.at(rates, (client, window), [float(row[2]) for row in rows])
    return rates[rates.any(axis=1)]


def drawn(
    rates: Floats, rng: np.random.Generator, *, days: float, calls: int, turns: int = 0
) -> tuple[Events, int]:
    """Return days of calls with the trace's arrivals, and an instant in their middle part.

    With `turns`, so many calls of a client are a session.
    """
    windows = int(days * DAY_S / WINDOW_S)
    begin = int(rng.integers(0, rates.shape[1] - windows + 1))
    part = rates[:, begin : begin + windows]
    counts = rng.poisson(part * calls / part.sum())
    client, window = np.nonzero(counts)
    repeats = counts[client, window]
    client, window = np.repeat(client, repeats), np.repeat(window, repeats)
    at_s = (window + rng.random(len(window))) * WINDOW_S + 20_000 * DAY_S
    means = rng.lognormal(7, 0.8, len(rates)), rng.lognormal(5, 0.6, len(rates))
    tokens = [
        rng.lognormal(0, sigma, len(at_s)) * mean[client]
        for mean, sigma in zip(means, (0.7, 0.8), strict=True)
    ]
    labels: dict[str, npt.NDArray[np.int64]] = {}
    if turns:
        place = np.empty(len(at_s), np.int64)
        place[np.lexsort((at_s, client))] = np.arange(len(at_s))
        starts = np.searchsorted(np.sort(client), np.arange(len(rates)))
        labels["session"] = np.unique(
            client * 10**6 + (place - starts[client]) // turns, return_inverse=True
        )[1]
    change_s = 20_000 * DAY_S + days * DAY_S * rng.uniform(0.3, 0.7)
    return log(at_s, tokens[0], tokens[1], **labels), int(change_s * S_NS)


def agents(
    rng: np.random.Generator, *, sessions: int, effect: float = 0.0, share: float = 1.0
) -> tuple[Events, int, float]:
    """Return two days of agent sessions, the instant of a change at noon, and what it truly saves.

    From then on answers are `effect` longer in a share of the sessions.
    """
    begins = np.sort(rng.random(sessions)) * 2 * DAY_S
    turns = rng.geometric(1 / 6, sessions)
    session = np.repeat(np.arange(sessions), turns)
    turn = np.concatenate([np.arange(count) for count in turns])
    size = rng.lognormal(0, 0.5, sessions)[session]
    kind = rng.choice(3, sessions, p=(0.5, 0.3, 0.2))[session]
    at_s = begins[session] + turn * 60 * rng.random(len(session))
    tokens_in = 500 + turn * 400 * size * rng.random(len(session)) + 200 * kind
    tokens_out = np.rint(rng.lognormal(5, 0.8, len(session)) * size * (1 + 0.5 * kind)) + 1
    treated = (at_s >= DAY_S) & (session * 7919 % 1000 < 1000 * share)
    later = np.maximum(np.rint(np.where(treated, tokens_out * (1 + effect), tokens_out)), 1)
    events = log(at_s, tokens_in, later, session=session, template=kind)
    return events, int(DAY_S * S_NS), float((tokens_out - later)[at_s >= DAY_S].sum() * 10e-6)


def injected(runs: int, rng: np.random.Generator) -> None:
    """Print how often the interval holds an effect that was put in."""
    for effect in (0.0, -0.1, -0.3):
        for share in (0.2, 0.5, 1.0) if effect else (1.0,):
            made = [agents(rng, sessions=1000, effect=effect, share=share) for _ in range(runs)]
            found = [(verdict(events, change_ns), true) for events, change_ns, true in made]
            held = [
                one.low <= true <= one.high
                for one, true in found
                if one.low is not None and one.high is not None
            ]
            claims = sum(one.ruling in CLAIMS for one, _ in found)
            print(
                f"  answers {effect:+.0%} in {share:.0%} of 1,000 sessions: covers {np.mean(held):6.1%} of "
                f"{len(held)}, claims {claims / runs:6.1%}"
            )


def held_out(path: Path, rng: np.random.Generator, *, runs: int) -> None:
    """Print how often a hold-out test of drifting days claims an effect, and holds one that was put in."""
    if not path.exists():
        print("  hold-out tests skipped: ServeGen m-large is not there")
        return
    rates = rates_of(path)
    for effect in (0.0, -0.1, -0.3):
        found = [tested(rates, rng, effect=effect) for _ in range(runs)]
        held = [
            one.low <= true <= one.high for one, true in found if one.low is not None and one.high is not None
        ]
        claims = sum(one.ruling in CLAIMS for one, _ in found)
        print(
            f"  answers {effect:+.0%} in half of the sessions of two days of ServeGen, hold-out test: covers "
            f"{np.mean(held):6.1%} of {len(held)}, claims {claims / runs:6.1%}"
        )


def tested(rates: Floats, rng: np.random.Generator, *, effect: float) -> tuple[ChangeVerdict, float]:
    """Return the verdict on a test whose second arm's answers are longer by `effect`, and what that saves."""
    events, change_ns = drawn(rates, rng, days=2, calls=10_000, turns=6)
    session = events.session
    assert session is not None
    treated = rng.random(len(session.names))[session.codes] < 0.5
    shorter = treated & (events.at_ns >= change_ns)
    later = np.maximum(np.rint(events.output_tokens * np.where(shorter, 1 + effect, 1.0)), 1)
    changed = msgspec.structs.replace(
        events,
        output_tokens=later.astype(np.int64),
        variant=Labels(codes=treated.astype(np.int32), names=("control", "treatment")),
    )
    return verdict(changed, change_ns), float((events.output_tokens - later).sum() * 10e-6)


def level_errors(rates: Floats, days: float, rng: np.random.Generator, *, runs: int) -> tuple[Floats, Floats]:
    """Return `ln(rest / window)` and the swing of windows of random thirds of the clients; 0 runs: of all."""
    windows, errors, swings = int(days * DAY_S / WINDOW_S), [], []
    at_ns = (np.arange(windows) * WINDOW_S * S_NS).astype(np.int64)
    for _ in range(max(runs, 1)):
        chosen = rng.choice(len(rates), len(rates) // 3, replace=False) if runs else np.arange(len(rates))
        total = rates[chosen].sum(axis=0)
        sums = np.concatenate(([0.0], np.cumsum(total)))
        for begin in range(0, len(total) - windows + 1, max(windows // 12, 6)):
            inside = sums[begin + windows] - sums[begin]
            if inside > 0:
                errors.append(np.log((sums[-1] - inside) / (len(total) - windows) / (inside / windows)))
                swings.append(swing_of(at_ns, total[begin : begin + windows], seconds=days * DAY_S))
    return np.array(errors), np.array(swings)


def fitted(errors: Floats, swings: Floats) -> tuple[float, float]:
    """Return the factor on the swing and the least sigma that cover 90 % together."""
    least = LEAST_OF_CONSTANT * float(np.quantile(np.abs(errors), 0.9)) / Z_90
    factors = np.linspace(0.0, 5.0, 1001)
    covered = [np.mean(np.abs(errors) <= Z_90 * np.maximum(one * swings, least)) for one in factors]
    return float(factors[int(np.argmax(np.array(covered) >= 0.9))]), least


def months(data: Path, rng: np.random.Generator, *, runs: int) -> None:
    """Print the fit of the level on m-large, and the coverage of the month's interval on m-mid."""
    files = [data / f"servegen_m_{name}_arrivals.csv.gz" for name in ("large", "mid")]
    if not all(file.exists() for file in files):
        print("  skipped: the ServeGen files are not there")
        return
    large, mid = (rates_of(file) for file in files)
    for days, factor, least in FIT:
        now = fitted(*level_errors(large, days, rng, runs=runs))
        covers: list[str] = []
        for name, times in (("windows of thirds of m-mid", runs), ("windows of all of m-mid", 0)):
            errors, swings = level_errors(mid, days, rng, runs=times)
            sigmas = np.array([sigma_of(days * DAY_S, swing=float(swing)) for swing in swings])
            covers.append(f"{np.mean(np.abs(errors) <= Z_90 * sigmas):6.1%} of {name}")
        print(
            f"  {days:.0f} days: factor {factor}, least {least} (fitted on m-large now: {now[0]:.2f}, "
            f"{now[1]:.2f}); covers {' and '.join(covers)}"
        )


def shares(data: Path, rng: np.random.Generator, *, runs: int) -> None:
    """Print the fit of a share's interval on m-large, and its coverage on m-mid and DeepSeek-R1."""
    files = [
        data / name
        for name in (
            "servegen_m_large_arrivals.csv.gz",
            "servegen_m_mid_arrivals.csv.gz",
            "servegen_deepseek_r1_arrivals.csv",
        )
    ]
    if not all(file.exists() for file in files):
        print("  skipped: the ServeGen files are not there")
        return
    large, mid, day = (rates_of(file) for file in files)
    share_windows.fit(large, rng, runs=runs)
    for name, rates, hours in (("m-mid", mid, share_windows.HOURS), ("DeepSeek-R1", day, (0.5, 1, 3, 6))):
        few = (None, len(rates) // 3, 12)
        share_windows.told(name, share_windows.gathered(rates, rng, hours=hours, runs=runs, clients=few))


def verdicts(data: Path, rng: np.random.Generator, *, runs: int) -> None:
    """Print how often verdicts on instants without a change claim an effect."""
    traces: tuple[tuple[str, str, Callable[[Path], Events]], ...] = (
        ("Azure chat hour", "azure_llm_2023_conv.csv", azure),
        ("Mooncake", "mooncake_synthetic.jsonl", mooncake),
    )
    for name, file, reader in traces:
        if (data / file).exists():
            placebos(name, reader(data / file))
        else:
            print(f"  {name} skipped: {file} is not there")
    for file in ("large", "mid"):
        path = data / f"servegen_m_{file}_arrivals.csv.gz"
        if not path.exists():
            print(f"  ServeGen m-{file} skipped: the file is not there")
            continue
        rates = rates_of(path)
        for days, calls, turns in (
            (1, 5_000, 0),
            (4, 20_000, 0),
            (10, 30_000, 0),
            (2, 10_000, 6),
            (10, 30_000, 6),
        ):
            logs = (drawn(rates, rng, days=days, calls=calls, turns=turns) for _ in range(runs // 2))
            unit = f"sessions of {turns}" if turns else "no sessions"
            told(f"{days} days of ServeGen m-{file}, {unit}", [verdict(*one) for one in logs])
    for sessions in (100, 400, 2_000):
        found = [verdict(*agents(rng, sessions=sessions)[:2]) for _ in range(runs)]
        told(f"A/A of {sessions:,} agent sessions", found)


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--only", choices=("verdicts", "effects", "months", "shares"), help="One part alone.")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    rng, data, runs = np.random.default_rng(options.seed), options.data, options.runs
    if options.only in {None, "verdicts"}:
        print("Verdicts where nothing changed (bar: at most 10 % claim an effect)")
        verdicts(data, rng, runs=runs)
    if options.only in {None, "effects"}:
        print("Intervals of effects that were put in (bar: 85 to 95 %)")
        injected(runs, rng)
        held_out(data / "servegen_m_large_arrivals.csv.gz", rng, runs=runs)
    if options.only in {None, "months"}:
        print("Intervals of a month (bar: 85 to 95 %)")
        months(data, rng, runs=max(runs // 4, 1))
    if options.only in {None, "shares"}:
        print("Intervals of a share of the bill (bar: 85 to 95 %, or none)")
        shares(data, rng, runs=max(runs // 2, 1))


if __name__ == "__main__":
    main(sys.argv[1:])
