"""The contract of `Probe`."""

from tests.contracts.shared import REDIS

ALSO_OVER = [REDIS]


async def test_what_is_there_answers(stores):
    assert await stores.probe.check() is None
    assert stores.probe.name
