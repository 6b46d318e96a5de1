"""The contract of `Probe`."""

from tests.contracts.shared import CHDB, CLICKHOUSE, REDIS

ALSO_OVER = [REDIS, CLICKHOUSE, CHDB]


async def test_what_is_there_answers(stores):
    assert await stores.probe.check() is None
    assert stores.probe.name
