"""All connections of a process: room, watch and drain."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.faults.virtual import virtually

from netra.domain.errors import Unavailable
from netra.domain.users.model import Principal
from netra.entrypoints.errors import TooManyConnections
from netra.entrypoints.live_connections import DRAIN_S, LiveConnections
from netra.entrypoints.websocket.pump import Connection


def connection(stack: Any, wire: Any) -> Connection:
    return Connection(stack.services, receive=wire.receive, send=wire.send)


async def test_connections_are_bounded_in_all(stack: Any, wire: Any) -> None:
    connections = LiveConnections(most=1, most_per_user=9)
    with connections.holding(connection(stack, wire)):
        connections.check_room()
        with connections.holding(connection(stack, wire)):
            assert len(connections) == 2
            with pytest.raises(TooManyConnections):
                connections.check_room()
        connections.check_room()
    assert len(connections) == 0


async def test_connections_are_bounded_by_user_and_a_place_is_free_again_after_it_was_left(
    stack: Any, wire: Any
) -> None:
    connections = LiveConnections(most=9, most_per_user=1)
    who, another = await stack.principal(1), await stack.principal(2, session="ses-2")
    one, two, three = (connection(stack, wire) for _ in range(3))
    with connections.holding(two), connections.holding(three):
        with connections.holding(one):
            connections.seat(one, who)
            connections.seat(three, another)
            with pytest.raises(TooManyConnections):
                connections.seat(two, who)
        connections.seat(two, who)


@asynccontextmanager
async def watching(stack: Any, connections: LiveConnections) -> AsyncGenerator[None]:
    async with asyncio.TaskGroup() as group:
        watch = group.create_task(connections.watch(users=stack.services.users, clock=stack.clock))
        await asyncio.sleep(0)
        yield
        watch.cancel()


async def test_signing_out_closes_the_sessions_connections_and_no_others(stack: Any) -> None:
    who, another = await stack.principal(1), await stack.principal(2, session="ses-2")
    connections = LiveConnections(most=9, most_per_user=9)
    async with stack.connected(who) as (wire, one), stack.connected(another) as (other, two):
        with connections.holding(one), connections.holding(two):
            async with watching(stack, connections):
                await stack.sessions.end(who.session_id)
                await stack.clock.step(1)
                frames = await wire.heard_until_close()
            assert (frames[-1]["code"], frames[0]["data"]["code"]) == (4001, "UNAUTHORIZED")
            assert other.is_silent()


async def test_an_expired_token_closes_within_a_second(stack: Any) -> None:
    connections = LiveConnections(most=9, most_per_user=9)
    async with stack.connected(await stack.principal(lasts_s=2)) as (wire, one):
        with connections.holding(one):
            async with watching(stack, connections):
                await stack.clock.step(1)
                await asyncio.sleep(0)
                assert wire.is_silent()
                await asyncio.sleep(0)
                await stack.clock.step(1)
                assert (await wire.heard_until_close())[-1]["code"] == 4001


class DownUsers:
    """A user service whose store is down."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def is_signed_in(self, principal: Any) -> bool:
        self.asked.set()
        raise Unavailable("The store is down.")


async def test_a_store_that_is_down_signs_nobody_out(stack: Any) -> None:
    connections = LiveConnections(most=9, most_per_user=9)
    users: Any = DownUsers()
    async with stack.connected(await stack.principal()) as (wire, one):
        with connections.holding(one):
            stack.services = dataclasses.replace(stack.services, users=users)
            async with watching(stack, connections):
                await stack.clock.step(1)
                await users.asked.wait()
            assert wire.is_silent()


async def test_draining_closes_every_connection_with_1001_and_waits_for_it(stack: Any) -> None:
    connections = LiveConnections(most=9, most_per_user=9)
    who = await stack.principal()

    async def sign_in() -> Principal:
        return who

    async def served(wire: Any) -> None:
        one = connection(stack, wire)
        with connections.holding(one):
            await one.run(sign_in)

    wires = [stack.new_wire() for _ in range(3)]
    async with asyncio.TaskGroup() as group:
        for wire in wires:
            group.create_task(served(wire))
        for wire in wires:
            await wire.heard()
        await connections.drain()
        assert len(connections) == 0
    for wire in wires:
        assert (await wire.heard())["code"] == 1001


@virtually
async def test_draining_does_not_wait_for_ever(stack: Any) -> None:
    connections = LiveConnections(most=9, most_per_user=9)
    async with stack.connected(await stack.principal()) as (_, one):
        with connections.holding(one):
            await connections.drain()
            assert len(connections) == 1
            assert asyncio.get_running_loop().time() == pytest.approx(DRAIN_S)
