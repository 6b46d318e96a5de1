"""Processes on one PostgreSQL sign with one key: they start only when the settings give it."""

from contextlib import closing
from pathlib import Path

import httpx
import pytest
from tests.system.deployed import add_user, running, signed_in

pytestmark = pytest.mark.system

SECRET = "a key that only these tests use, of enough bytes"


@pytest.mark.long(15)
def test_a_token_of_one_process_is_good_at_the_other_whatever_folder_each_is_in(
    postgres_url: str, tmp_path: Path
) -> None:
    shared = {"NETRA_DATABASE_URL": postgres_url, "NETRA_SECRET": SECRET}
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        folder.mkdir()
    add_user(tmp_path, shared)
    serve = ("serve", "--port", "0", "--slots", "0", "--data", "data")
    with (
        running(*serve, folder=folders[0], environment=shared) as one,
        running(*serve, folder=folders[1], environment=shared) as other,
        closing(signed_in(one.until_it_says(r"is at (http://\S+)")[1])) as client,
    ):
        url = other.until_it_says(r"is at (http://\S+)")[1]
        answer = httpx.get(f"{url}/api/threads", headers={"Authorization": client.headers["Authorization"]})
        assert answer.status_code == 200, answer.text
    assert not [folder for folder in folders if (folder / "data").exists()], "no folder is needed"


@pytest.mark.parametrize(
    "arguments",
    [("serve", "--port", "0"), ("serve", "--port", "0", "--workers", "2"), ("worker",), ("users", "list")],
)
def test_without_a_secret_nothing_starts_on_a_shared_database(
    postgres_url: str, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    alone = {
        "NETRA_DATABASE_URL": postgres_url,
        "NETRA_REDIS_URL": "redis://127.0.0.1:1/0",
        "NETRA_DATA": str(tmp_path / "data"),
    }
    with running(*arguments, folder=tmp_path, environment=alone) as part:
        assert part.ended() == 2
        assert part.said.startswith(
            "Error: NETRA_DATABASE_URL needs NETRA_SECRET, the same one in every process"
        )
        assert "secrets.token_urlsafe(48)" in part.said
        assert part.said.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_the_schema_is_migrated_without_the_secret(postgres_url: str, tmp_path: Path) -> None:
    with running("migrate", folder=tmp_path, environment={"NETRA_DATABASE_URL": postgres_url}) as part:
        assert part.ended() == 0, part.said


def test_the_start_names_the_database_and_never_its_password(postgres_url: str, tmp_path: Path) -> None:
    url = httpx.URL(postgres_url)
    with_password = str(url.copy_with(username=url.username, password="a-secret-password"))
    environment = {"NETRA_DATABASE_URL": with_password, "NETRA_SECRET": SECRET}
    with running("serve", "--port", "0", folder=tmp_path, environment=environment) as part:
        part.until_it_says(r"netra workloads import FILE$")
        name = url.path.removeprefix("/")
        assert f"Its data               PostgreSQL, database {name!r} at {url.host}:{url.port}\n" in part.said
        assert "--data" not in part.said
        assert "a-secret-password" not in part.said
