"""What leaves the machine, read off the wire: ids never, and with `numbers` no word or name of a user."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.servers.endpoint import BadEndpoint, bad_endpoint

from netra.bootstrap import open_ports
from netra.domain.ids import UserId
from netra.domain.runs.model import Accepted, StartRun
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event
from netra.plugboard import contained
from netra.settings import settings_from

pytestmark = pytest.mark.system

OWNER = UserId(7_700_077)
AT = datetime(2026, 11, 2, tzinfo=UTC)
EVENTS = [
    Event(
        timestamp=AT + timedelta(minutes=7 * n),
        model="zanzibar-tune",
        input_tokens=1_000,
        output_tokens=100,
        feature="Kilimanjaro",
        session=f"serengeti-{n}",
        id=f"okavango-{n}",
    )
    for n in range(50)
]
QUESTION = "Make Kilimanjaro cheaper than Ngorongoro"


async def asked_of(endpoint: BadEndpoint, tmp_path: Path, *, sends: str) -> tuple[list[str], Accepted]:
    """Return the bodies that one run sent to the endpoint."""
    settings = settings_from(
        {
            "NETRA_DATA": str(tmp_path),
            "NETRA_LANGUAGE_MODEL_URL": endpoint.url,
            "NETRA_LANGUAGE_MODEL_SENDS": sends,
        }
    )
    async with open_ports(settings) as ports:
        services = contained(ports, settings)
        workload = await services.workload_service().create(owner_id=OWNER, name="Tanganyika")
        await services.workload_service().append(workload.id, columns_of(EVENTS), owner_id=OWNER)
        command = StartRun(owner_id=OWNER, message=QUESTION, workload_id=workload.id)
        accepted = await services.run_service().start(command)
        assert await services.run_worker().run_once()
    return [json.dumps(asked.body) for asked in endpoint.asked], accepted


@pytest.mark.parametrize("sends", ["all", "numbers"])
async def test_what_is_sent_is_what_the_setting_says(tmp_path: Path, sends: str) -> None:
    async with bad_endpoint() as endpoint:
        bodies, accepted = await asked_of(endpoint, tmp_path, sends=sends)
        headers = json.dumps([dict(asked.headers) for asked in endpoint.asked])
    assert bodies
    wire = "\n".join([*bodies, headers])
    ids = [accepted.run.id, accepted.run.thread_id, str(accepted.run.workload_id), str(OWNER)]
    assert [name for name in [*ids, "serengeti", "okavango", "Tanganyika"] if name in wire] == []
    words = [word for word in ("Kilimanjaro", "Ngorongoro", "zanzibar") if word in wire]
    assert words == (["Kilimanjaro", "Ngorongoro", "zanzibar"] if sends == "all" else [])
