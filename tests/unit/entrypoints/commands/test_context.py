"""What a command finds around it."""

from pathlib import Path

import pytest

from netra.entrypoints.commands.context import settings_with
from netra.settings import SettingsRefused


def test_what_was_typed_beats_the_environment_and_that_beats_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("NETRA_PORT=1111\nNETRA_HOST=0.0.0.0\nNETRA_ISSUER=file\n")
    monkeypatch.setenv("NETRA_PORT", "2222")
    monkeypatch.setenv("NETRA_HOST", "127.0.0.2")
    settings = settings_with(port=3333)
    assert (settings.port, settings.host, settings.issuer) == (3333, "127.0.0.2", "file")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"NETRA_PORT=8000\nNETRA_HOST='127.0.0.1\n", "line 2 is invalid"),
        (b"\n# a note\nthis is no setting = x y\n", "line 3 is invalid"),
        (b"NETRA_ISSUER=\xff\xfe\n", "it is not UTF-8"),
    ],
)
def test_a_damaged_file_of_settings_is_refused_by_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(SettingsRefused, match=r"The file '.*\.env' cannot be used: ") as caught:
        settings_with()
    assert said in str(caught.value)
