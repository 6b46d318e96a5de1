"""The signing key in the data folder: made once, private, and refused in a sentence when damaged."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from netra.adapters.local.secrets import kept_secret
from netra.settings import SettingsRefused


def test_the_key_is_made_once_for_its_owner_alone_and_leaves_no_draft(tmp_path: Path) -> None:
    first = kept_secret(tmp_path)
    assert kept_secret(tmp_path) == first
    assert [one.name for one in tmp_path.iterdir()] == ["signing-key"]
    assert stat.S_IMODE((tmp_path / "signing-key").stat().st_mode) == 0o600


def test_of_many_that_start_together_all_get_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(kept_secret, [tmp_path] * 40))) == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is damaged: 0 of at least 32 characters"),
        (b"short\n", "it is damaged: 5 of at least 32 characters"),
        (bytes(64), "it is damaged"),
        (b"\xff" * 64, "it is damaged"),
    ],
)
def test_a_damaged_key_is_refused_with_what_to_do(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "signing-key").write_bytes(content)
    with pytest.raises(SettingsRefused) as caught:
        kept_secret(tmp_path)
    assert f"signing-key' cannot be used: {why}. Restore the file, set NETRA_SECRET" in str(caught.value)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_key_that_can_be_neither_read_nor_made_is_refused(tmp_path: Path, is_there: bool) -> None:
    if is_there:
        (tmp_path / "signing-key").mkdir()
    folder = tmp_path if is_there else tmp_path / "missing"
    with pytest.raises(SettingsRefused, match=r"(Is a directory|No such file or directory)\. Restore"):
        kept_secret(folder)
