"""The servers that tests stand on: they start, outlive a kill as they promise, and end."""

import asyncio
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from tests.servers.clickhouse_server import asked
from tests.servers.ports import BEYOND, SLICE, free_port
from tests.servers.postgres_server import fresh_database
from tests.servers.process import HOST
from tests.servers.proxy import proxied

pytestmark = pytest.mark.system


def test_a_port_that_is_given_is_neither_the_kernels_to_give_nor_another_processs() -> None:
    range_of_kernel = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    assert int(range_of_kernel[0]) >= BEYOND
    ours = {free_port() for _ in range(SLICE)}
    script = "from tests.servers.ports import free_port; print(free_port())"
    root = Path(__file__).parents[2]
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert int(told.stdout) not in ours


def test_redis_forgets_everything_with_a_kill(own_redis: Any) -> None:
    with redis.Redis.from_url(own_redis.url) as client:
        client.set("a", 1)
        own_redis.kill()
        with pytest.raises(redis.ConnectionError):
            client.get("a")
        own_redis.start()
        assert client.get("a") is None


def test_clickhouse_keeps_its_tables_through_a_kill(own_clickhouse: Any) -> None:
    asked(own_clickhouse.url, "CREATE TABLE t (a Int64) ENGINE = MergeTree ORDER BY a")
    asked(own_clickhouse.url, "INSERT INTO t VALUES (1)")
    own_clickhouse.kill()
    own_clickhouse.start()
    assert asked(own_clickhouse.url, "SELECT * FROM t") == b"1\n"


def test_a_postgresql_database_is_a_copy_of_its_template(postgres_server_url: Any) -> None:
    template = fresh_database(postgres_server_url)
    with psycopg.connect(template) as connection:
        connection.execute("CREATE TABLE t (a int)")
    copy = fresh_database(postgres_server_url, template=template.rpartition("/")[2])
    with psycopg.connect(copy) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_postgresql_keeps_its_rows_through_a_crash(own_postgres: Any) -> None:
    with psycopg.connect(own_postgres.url) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    own_postgres.crash()
    own_postgres.start()
    with psycopg.connect(own_postgres.url) as connection:
        assert connection.execute("SELECT a FROM t").fetchone() == (1,)


async def test_the_proxy_passes_holds_cuts_and_resets() -> None:
    async def echo(reader: Any, writer: Any) -> None:
        with suppress(ConnectionResetError):
            while line := await reader.readline():
                writer.write(line)
        writer.close()

    server = await asyncio.start_server(echo, HOST, 0)
    async with server, proxied(server.sockets[0].getsockname()[1]) as proxy:
        reader, writer = await asyncio.open_connection(HOST, proxy.port)
        writer.write(b"one\n")
        assert await reader.readline() == b"one\n"
        proxy.hold()
        writer.write(b"two\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readline(), 0.05)
        proxy.release()
        assert await reader.readline() == b"two\n"
        proxy.strand()
        writer.write(b"silent\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readline(), 0.05)
        writer.close()
        reader, writer = await asyncio.open_connection(HOST, proxy.port)
        proxy.cut_after = 2
        writer.write(b"three\n")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
        proxy.is_refusing = True
        assert await is_refused(proxy.port)


async def is_refused(port: Any) -> Any:
    try:
        reader, _ = await asyncio.open_connection(HOST, port)
        return await reader.read() == b""
    except ConnectionResetError:
        return True
