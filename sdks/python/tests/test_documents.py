"""The README's blocks and the examples run against a real server."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import netra_sdk
import pytest
from rigged import SDKS, Rig

HERE = Path(__file__).parents[1]
BLOCKS = re.findall(r"```python\n(.*?)```", (HERE / "README.md").read_text(), re.DOTALL)
GUIDE = SDKS.parent / "docs" / "sdks.md"
STARTS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
EXAMPLES = sorted((HERE / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def demo() -> Iterator[dict[str, str]]:
    """Return the environment that `netra demo` offers."""
    command = [sys.executable, str(SDKS / "tools" / "demo.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        offered = json.loads(started.stdout.readline())
        where = {"NETRA_BASE_URL": offered["base_url"], "NETRA_API_KEY": offered["api_key"]}
        yield {**os.environ, **where, "PYTHONPATH": str(Path(netra_sdk.__file__).parents[1])}


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    rig = Rig()
    where = {"NETRA_BASE_URL": rig.facts["direct_url"], "NETRA_API_KEY": rig.facts["keys"]["all"]}
    try:
        yield {**os.environ, **where, "PYTHONPATH": str(Path(netra_sdk.__file__).parents[1])}
    finally:
        rig.close()


def ran(code: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("code", BLOCKS, ids=range(len(BLOCKS)))
def test_every_block_of_the_readme_runs(code: str, environment: dict[str, str]) -> None:
    ran(code, environment)


@pytest.mark.parametrize("code", STARTS, ids=range(len(STARTS)))
def test_the_guides_start_runs_against_the_demo(code: str, demo: dict[str, str]) -> None:
    assert "50 calls" in ran(code, demo)
    assert len(code.strip().splitlines()) <= 15


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_every_example_runs(path: Path, environment: dict[str, str]) -> None:
    assert ran(path.read_text(), environment).strip()
