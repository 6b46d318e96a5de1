"""Attacks on what a deployment is made of: files, secrets, disks, schemas, packages."""

import re
import shutil
import sqlite3
import stat
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from tests.architecture.test_version_bounds import INNER
from tests.attack.outcome import NotAttacked, attack, must
from tests.attack.target import Target, key_of, sign_in, status_of, token_of, until
from tests.servers.fixtures import made

ROOT = Path(__file__).parents[2]
TRIES_MAX = 2_000  # writes until a disk is full


@attack(9, "modes of the data folder, the database, its log and the key")
def open_files(target: Target) -> str:
    data = target.settings.data
    if not data.exists():
        return "no file at all: the store is PostgreSQL and the key a setting"
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in (data, *data.iterdir())}
    opened = {name: oct(mode) for name, mode in modes.items() if mode & 0o077}
    must(not opened, f"others may use {opened}")
    return ", ".join(f"{name} {mode:o}" for name, mode in sorted(modes.items()))


@attack(
    12,
    "a start on a shared database without NETRA_SECRET; a token of one process at the other",
    is_quick=False,
)
def missing_secret(target: Target) -> str:
    closed = "postgresql://netra@127.0.0.1:9/netra"
    done = target.command("serve", "--port", "0", NETRA_DATABASE_URL=closed, NETRA_SECRET="")
    must(done.returncode == 2 and "NETRA_SECRET" in done.stderr, f"{done.returncode}: {done.stderr}")
    status = status_of(target.second, token_of(target.sign_up()))
    must(status == 200, f"the second process answered {status}")
    return f"status 2 with a sentence; the token got {status} at the second process"


@attack(18, "a full disk: readiness, reading by key, signing out, and the session afterwards", is_quick=False)
def full_disk(target: Target) -> str:
    _embedded_alone(target)
    data = target.folder / "full"
    with target.also(data=data) as server:
        client, leaving = (target.sign_up(url=server.url) for _ in range(2))
        secret = key_of(client, "read")
        largest = max(one.stat().st_size for one in data.rglob("*") if one.is_file())
        with server.full_disk(largest):
            body = {"message": "a" * 5_000, "workload_id": "w"}
            tries = (client.post("/api/agent/execute", json=body).status_code for _ in range(TRIES_MAX))
            must(503 in tries, "the disk never was full")
            until(lambda: client.get("/health/ready").status_code == 503, "readiness false")
            key = status_of(server.url, secret)
            out = leaving.post("/api/auth/logout").status_code
            after = leaving.get("/api/threads").status_code
        until(lambda: client.get("/health/ready").status_code == 200, "readiness once there is room")
        again = sign_in(client)
    must(key == 200, f"an API key got {key}")
    must((out, after) == (200, 401), f"sign-out got {out}, the session afterwards {after}")
    must(again == 200, f"a sign-in got {again} once there is room")
    return "readiness 503, a key reads, sign-out 200 and the session 401; ready again with room"


@attack(18, "a damaged database file, and an empty signing key", is_quick=False)
def damaged_files(target: Target) -> str:
    _embedded_alone(target)
    data = made(target.folder / "damaged")
    data.chmod(0o700)
    with sqlite3.connect(target.settings.data / "netra.sqlite3") as source:
        source.execute("VACUUM INTO ?", (str(data / "netra.sqlite3"),))
    path = data / "netra.sqlite3"
    path.chmod(0o600)
    whole = path.read_bytes()
    path.write_bytes(whole[:4_096] + b"\xff" * (len(whole) // 2) + whole[4_096 + len(whole) // 2 :])
    said = [target.command("serve", "--port", "0", NETRA_DATA=str(data))]
    shutil.rmtree(data)
    made(data).chmod(0o700)
    (data / "signing-key").touch(mode=0o600)
    said.append(target.command("serve", "--port", "0", NETRA_DATA=str(data), NETRA_SECRET=""))
    for done in said:
        must(
            done.returncode != 0 and "Traceback" not in done.stderr,
            f"{done.returncode}: {done.stderr[-500:]}",
        )
    return "; ".join(" ".join(done.stderr.split())[:110] for done in said)


@attack(19, "netra migrate --check on no schema and on an old one", is_quick=False)
def old_schemas(target: Target) -> str:
    data = made(target.folder / "old")
    data.chmod(0o700)
    codes = [_checked(target, data)]
    with sqlite3.connect(data / "netra.sqlite3") as store:
        store.execute("CREATE TABLE alembic_version (version_num TEXT)")
        store.execute("INSERT INTO alembic_version VALUES ('0007')")
    codes.append(_checked(target, data))
    present = target.command("migrate", "--check").returncode
    must((codes, present) == ([3, 3], 0), f"status {codes} for the old, {present} for the present one")
    return "status 3, 3, and 0 for the present schema"


def _checked(target: Target, data: Path) -> int:
    return target.command("migrate", "--check", NETRA_DATA=str(data), NETRA_DATABASE_URL="").returncode


@attack(22, "what the start says about where the data is")
def banner(target: Target) -> str:
    until(lambda: "Its data" in target.log, "the banner")
    (line,) = re.findall(r"Its data +(.*)", target.log)
    expected = "PostgreSQL, database" if target.is_scaled else str(target.settings.data)
    must(expected in line, f"it says {line!r}")
    return f"it says {line.strip()!r}" if target.is_scaled else "it names the folder"


@attack(23, "the options of the table runs, and the load that benchmarks print")
def vacuum(target: Target) -> str:
    must("BUSY" in (ROOT / "bench" / "machine.py").read_text(), "benchmarks mark no busy machine")
    if not target.is_scaled:
        return "benchmarks mark a busy machine; the embedded store has no vacuum"
    ((options,),) = target.sql("SELECT reloptions FROM pg_class WHERE relname = 'runs'")
    must("autovacuum_vacuum_scale_factor=0.01" in (options or []), f"runs has {options}")
    return f"benchmarks mark a busy machine; runs has {', '.join(options)}"


@attack(24, "upper bounds of the packages whose inner parts are used")
def unbounded_packages(target: Target) -> str:
    required = {found.name: found for found in map(Requirement, requires("netra") or ())}
    names = [name for name in (*INNER, "uvicorn") if name in required]
    free = [name for name in names if not re.search(r"<|==|~=", str(required[name].specifier))]
    must(names and not free, f"without an upper bound: {free}")
    return f"{len(names)} of {len(names)} have one"


def _embedded_alone(target: Target) -> None:
    if target.is_scaled:
        raise NotAttacked("the embedded store alone; PostgreSQL: tests/faults/test_full_disk.py")
