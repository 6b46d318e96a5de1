"""The scenarios that every SDK passes, over the real server and the proxy with its faults."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from rigged import SDKS, Rig
from runner import Runner

SCENARIOS = json.loads((SDKS / "spec" / "conformance.json").read_text())


@pytest.fixture(scope="session")
def rig() -> Iterator[Rig]:
    started = Rig()
    try:
        yield started
    finally:
        started.close()


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[one["name"] for one in SCENARIOS])
def test_scenario(rig: Rig, scenario: dict[str, Any], kind: str) -> None:
    runner = Runner(rig, kind=kind)
    try:
        runner.run(scenario)
    finally:
        runner.close()
