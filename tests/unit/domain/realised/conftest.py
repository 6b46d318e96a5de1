"""The agents' fixtures: a workload of small calls over memory adapters, at prices that a test sets."""

from tests.unit.domain.agents.conftest import calls, desk

__all__ = ["calls", "desk"]
