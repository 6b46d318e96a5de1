"""The contract of `Probe`."""


async def test_what_is_there_answers(stores):
    assert await stores.probe.check() is None
    assert stores.probe.name
