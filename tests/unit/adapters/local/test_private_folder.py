"""The folder of an embedded store and its files are accessible to their owner alone."""

import os
import stat
from pathlib import Path

import pytest

from netra.adapters.local.private_folder import private_folder
from netra.settings import SettingsRefused

HOLDS = ("netra.sqlite3", "signing-key")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def prepared(folder: Path) -> Path:
    private_folder(folder, holds=HOLDS)
    return folder


def opened_to_all(folder: Path, *names: str) -> Path:
    """Return a folder as an older version made it, with these files."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    for name in names:
        (folder / name).touch()
        (folder / name).chmod(0o644)
    return folder


def test_a_missing_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    assert mode_of(prepared(tmp_path / "deep" / "data")) == 0o700


def test_an_empty_folder_is_restricted(tmp_path: Path) -> None:
    assert mode_of(prepared(opened_to_all(tmp_path / "data"))) == 0o700


def test_a_folder_and_its_files_that_an_older_version_left_open_are_restricted(tmp_path: Path) -> None:
    names = ["netra.sqlite3", "netra.sqlite3-wal", "netra.sqlite3-shm", "signing-key"]
    folder = prepared(opened_to_all(tmp_path / "data", *names, "report.html"))
    assert mode_of(folder) == 0o700
    assert {name: mode_of(folder / name) for name in names} == dict.fromkeys(names, 0o600)
    assert mode_of(folder / "report.html") == 0o644


def test_a_private_folder_with_other_files_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = opened_to_all(tmp_path / "data", "notes.txt")
    folder.chmod(0o700)
    prepared(folder)
    assert mode_of(folder / "notes.txt") == 0o644


def test_an_open_folder_of_other_files_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    folder = opened_to_all(tmp_path / "home", "notes.txt")
    with pytest.raises(SettingsRefused, match=r"other users have access to it \(mode 0755\).*NETRA_DATA"):
        prepared(folder)
    assert mode_of(folder) == 0o755


def test_a_shared_folder_with_a_sticky_bit_is_refused_also_with_a_store_in_it(tmp_path: Path) -> None:
    folder = opened_to_all(tmp_path / "tmp", "netra.sqlite3")
    folder.chmod(0o1777)
    with pytest.raises(SettingsRefused, match="mode 1777"):
        prepared(folder)


@pytest.mark.parametrize("folder", ["/", "/proc"])
def test_a_folder_of_another_user_or_of_the_system_is_refused(folder: str) -> None:
    with pytest.raises(SettingsRefused, match=r"The data folder '/.*' cannot be used: .*NETRA_DATA"):
        prepared(Path(folder))


def test_a_file_in_the_place_of_the_folder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    with pytest.raises(SettingsRefused, match=r"File exists\. Choose another one with --data or NETRA_DATA"):
        prepared(taken)


def test_a_folder_that_belongs_to_another_user_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    folder = opened_to_all(tmp_path / "data", "signing-key")
    me = os.geteuid()
    with pytest.raises(
        SettingsRefused, match=f"it belongs to the user with id {me}, and this is user {me + 1}"
    ):
        private_folder(folder, holds=HOLDS, user_id=me + 1)
    assert mode_of(folder) == 0o755
