"""What an attack reports, and the list of attacks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Attempt = Callable[[Any], str]  # takes a `Target`, returns what held


class Broken(AssertionError):
    """An attack succeeded; the message says what happened."""


class NotAttacked(Exception):
    """An attack does not apply to this store, or needs what is missing here; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One way to try one finding; `run` returns what held, or raises `Broken`."""

    finding: int
    tried: str
    run: Attempt
    is_quick: bool


ATTACKS: list[Attack] = []


def attack(finding: int, tried: str, *, is_quick: bool = True) -> Callable[[Attempt], Attempt]:
    """Register a function as an attack on a finding."""

    def registered(run: Attempt) -> Attempt:
        ATTACKS.append(Attack(finding=finding, tried=tried, run=run, is_quick=is_quick))
        return run

    return registered


def must(holds: object, what: str) -> None:
    """Raise `Broken` unless it holds."""
    if not holds:
        raise Broken(what)
