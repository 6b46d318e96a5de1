"""Attack a deployment in all the ways that the issue "Doors that hold" found, and print what held.

Run it at the root: `python -m tests.attack [--embedded] [--scaled] [--only N ...] [--quick]`.
It starts every server itself, on loopback, and ends by itself. Exit status 1: something broke.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.attack import identity, operation, wire, work
from tests.attack.outcome import ATTACKS, Attack, Broken, NotAttacked
from tests.attack.target import Target, embedded, scaled

MODULES = (identity, operation, wire, work)  # imported for the attacks that they register
STORES = {"embedded": embedded, "scaled": scaled}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen attacks and return the exit status."""
    chosen = _parser().parse_args(arguments)
    stores = [name for name in STORES if getattr(chosen, name)] or list(STORES)
    counts = {"held": 0, "BROKE": 0, "not attacked": 0}
    for store in stores:
        with (
            tempfile.TemporaryDirectory(prefix="netra-attack-") as folder,
            STORES[store](Path(folder)) as target,
        ):
            for one in sorted(ATTACKS, key=lambda one: one.finding):
                if (one.is_quick or not chosen.quick) and (not chosen.only or one.finding in chosen.only):
                    began_s = time.monotonic()
                    verdict, why = tried(one, target)
                    spent_s = time.monotonic() - began_s
                    counts[verdict] += 1
                    print(
                        f"{store:8} {one.finding:2} {verdict} ({spent_s:.1f} s): {one.tried}: {why}",
                        flush=True,
                    )
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    return 1 if counts["BROKE"] or not counts["held"] else 0


def tried(one: Attack, target: Target) -> tuple[str, str]:
    """Return the verdict on one attack, and what held or broke."""
    try:
        return "held", one.run(target)
    except NotAttacked as error:
        return "not attacked", str(error)
    except Broken as error:
        return "BROKE", str(error)
    except Exception as error:  # noqa: BLE001 - an attack that cannot be finished holds nothing
        return "BROKE", f"{type(error).__name__}: {error}"
    finally:
        target.close_clients()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("--embedded", action="store_true", help="attack the embedded store alone")
    parser.add_argument(
        "--scaled", action="store_true", help="attack PostgreSQL + Redis with two servers alone"
    )
    parser.add_argument(
        "--only", type=int, nargs="+", metavar="N", choices=range(1, 25), help="try these findings alone"
    )
    parser.add_argument("--quick", action="store_true", help="leave out what takes long")
    return parser


if __name__ == "__main__":
    sys.exit(main())
