"""What a served store keeps is accessible to its owner alone, also in a folder of an older version."""

import shutil
import stat
from pathlib import Path

import httpx
import pytest
from tests.api.conftest import settings_for
from tests.servers.fixtures import running
from tests.servers.netra_server import NetraServer

pytestmark = pytest.mark.system


def modes_in(folder: Path) -> dict[str, int]:
    return {one.name: stat.S_IMODE(one.stat().st_mode) for one in (folder, *folder.iterdir())}


@pytest.mark.parametrize("is_old", [False, True])
def test_folder_database_log_and_key_are_for_their_owner_alone(
    tmp_path: Path, migrated: Path, is_old: bool
) -> None:
    data = tmp_path / "data"
    if is_old:  # as a version before this one left it
        data.mkdir()
        data.chmod(0o755)
        shutil.copyfile(migrated, data / "netra.sqlite3")
        (data / "netra.sqlite3").chmod(0o644)
    server = NetraServer(tmp_path, settings=settings_for(data, secret=None))
    with running(server):
        account = {"email": "ada@example.com", "password": "secure_password", "name": "Ada"}
        httpx.post(f"{server.url}/api/auth/register", json=account).raise_for_status()
        modes = modes_in(data)
    files = ["netra.sqlite3", "netra.sqlite3-wal", "netra.sqlite3-shm", "signing-key"]
    assert modes == {"data": 0o700, **dict.fromkeys(files, 0o600)}
