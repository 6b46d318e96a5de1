"""The settings alone decide which engines a process stands on."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from tests.waiting import COMMAND_S

from netra.bootstrap import open_ports
from netra.domain.users.model import UserSession
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event
from netra.plugboard import contained
from netra.settings import settings_from

pytestmark = pytest.mark.system

AT = datetime(2024, 3, 1, tzinfo=UTC)


async def test_redis_and_clickhouse_are_plugged_in_by_their_addresses(tmp_path, redis_url, clickhouse_url):
    settings = settings_from(
        {
            "NETRA_DATA": str(tmp_path),
            "NETRA_REDIS_URL": redis_url,
            "NETRA_CLICKHOUSE_URL": clickhouse_url,
            "NETRA_CLICKHOUSE_RETENTION_DAYS": "30",
        }
    )
    async with open_ports(settings) as ports:
        services = contained(ports, settings)
        report = await services.health_service().report()
        found = {one.name: one.status.value for one in report.dependencies}
        assert [found[name] for name in ("sqlite", "redis", "clickhouse")] == ["healthy"] * 3
        workload = await services.workload_service().create(owner_id=1, name="w")
        events = columns_of([Event(timestamp=AT, model="m", input_tokens=1, output_tokens=1, id="a")])
        for is_new in (True, False):
            added = await services.workload_service().append(workload.id, events, owner_id=1)
            assert added.tolist() == [is_new]
        assert len(await ports.event_log.read(workload.id, owner_id=1)) == 1
        await ports.sessions.add(
            UserSession(id="s", user_id=1, created_at=AT, expires_at=datetime.max.replace(tzinfo=UTC))
        )
        assert await ports.sessions.is_live("s", user_id=1, at=AT)


@pytest.mark.parametrize(
    ("package", "variable", "extra"),
    [("redis", "NETRA_REDIS_URL", "redis"), ("pyarrow", "NETRA_CLICKHOUSE_URL", "clickhouse")],
)
def test_an_engine_whose_packages_are_missing_stops_the_start_in_one_sentence(
    tmp_path, package, variable, extra
):
    address = "redis://127.0.0.1:1/0" if extra == "redis" else "http://127.0.0.1:1/default"
    program = f"""
import asyncio, sys
sys.modules[{package!r}] = None  # as if it were not installed
from netra.bootstrap import open_ports
from netra.settings import SettingsRefused, settings_from

async def start():
    async with open_ports(settings_from({{{variable!r}: {address!r}, "NETRA_DATA": {str(tmp_path)!r}}})):
        print("started")

try:
    asyncio.run(start())
except SettingsRefused as refused:
    print(refused)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=COMMAND_S, check=False
    )
    assert f"{variable} is set" in ran.stdout, ran.stderr
    assert f"python -m pip install '.[{extra}]'" in ran.stdout
