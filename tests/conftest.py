"""What every test stands on."""

import asyncio
import os
import shutil
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings

# The fast set tries few examples of each property at every save; `tox` and CI try many.
settings.register_profile("fast", max_examples=10, deadline=None)
settings.register_profile("thorough", max_examples=100, deadline=None, print_blob=True)
settings.load_profile("fast")

HERE = Path(__file__).parent
LOADED_TIMES = 12  # how much longer a long test may take on a loaded machine than at rest
# Folders in which every test is marked `system`.
SYSTEM_ONLY = {"api", "attack", "console", "servers", "system"}


def leaves_systems_out(config: pytest.Config) -> bool:
    return "not system" in config.getoption("markexpr")


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures of real servers, and with them their clients, where a test may ask for them."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in a background job, and in all that it starts
        signal.signal(signal.SIGINT, signal.default_int_handler)
    runs_tests = hasattr(config, "workerinput") or not config.getoption("numprocesses", None)
    if runs_tests:
        paths = [str(HERE / "absent"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    if not leaves_systems_out(config):
        for plugin in ("tests.servers.fixtures", "tests.servers.doors"):
            config.pluginmanager.import_plugin(plugin)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave folders unread that the fast set deselects whole: reading them costs as much as running it."""
    is_far = collection_path.parent == HERE and collection_path.name in SYSTEM_ONLY
    return True if is_far and leaves_systems_out(config) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give long tests more time, and let them begin first."""
    usual_s = float(config.getoption("timeout", None) or config.getini("timeout"))
    for item in items:
        if mark := item.get_closest_marker("long"):
            item.add_marker(pytest.mark.timeout(usual_s + LOADED_TIMES * mark.args[0]))
    begin_with_the_long(items)


def begin_with_the_long(items: list[pytest.Item]) -> None:
    """Let all workers but one begin with the long tests, which mostly wait, while that one keeps a core busy.

    Each worker is first given the next part of `items`. Left to the end, the long ones would run alone.
    Those of one module stay together, for what they share is dear; the longest module begins.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    modules: dict[Path, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("long"):
            modules.setdefault(item.path, []).append(item)
    others = [item for item in items if not item.get_closest_marker("long")]
    first: list[list[pytest.Item]] = [[] for _ in range(max(workers - 1, 1))]
    for module in sorted(modules.values(), key=seconds_of, reverse=True):
        min(first, key=seconds_of).extend(module)
    ordered: list[pytest.Item] = []
    for long in first:
        room = max(len(items) // workers - len(long), 0)
        ordered += long + others[:room]
        others = others[room:]
    items[:] = ordered + others


def seconds_of(long: list[pytest.Item]) -> float:
    """Return about how long they take, as their marks say."""
    marks = (item.get_closest_marker("long") for item in long)
    return sum(mark.args[0] for mark in marks if mark is not None)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run async tests on asyncio, the loop that the service runs on."""
    return "asyncio"


class SteppedClock:
    """A clock that stands still until the test moves it; whoever pauses on it waits for that."""

    def __init__(self) -> None:
        self._now = datetime(2024, 1, 1, tzinfo=UTC)
        self._steady_s = 0.0
        self._moved = asyncio.Condition()

    def now(self) -> datetime:
        return self._now

    def monotonic_s(self) -> float:
        return self._steady_s

    async def pause(self, seconds: float) -> None:
        until = self._steady_s + seconds
        async with self._moved:
            await self._moved.wait_for(lambda: self._steady_s >= until)

    def turn(self, seconds: float) -> None:
        """Move both hands; those who pause learn of it with the next `step`."""
        self._now += timedelta(seconds=seconds)
        self._steady_s += seconds

    async def step(self, seconds: float) -> None:
        """Move both hands and wake everyone whose pause is over."""
        self.turn(seconds)
        async with self._moved:
            self._moved.notify_all()


@pytest.fixture
def clock() -> SteppedClock:
    """Return a clock at 2024-01-01T00:00:00Z."""
    return SteppedClock()


@pytest.fixture(scope="session")
async def migrated(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database file with the schema and nothing else: copying it is faster than migrating."""
    from netra.adapters.sql.stores import open_sqlite  # here, for most tests need no store

    path = tmp_path_factory.mktemp("migrated") / "netra.sqlite3"
    async with open_sqlite(path, clock=SteppedClock()):
        pass
    return path


@pytest.fixture
def empty_store(migrated: Path, tmp_path: Path) -> Path:
    """Return the data folder of a store that has been started once, and is empty."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copyfile(migrated, folder / migrated.name)
    return folder
