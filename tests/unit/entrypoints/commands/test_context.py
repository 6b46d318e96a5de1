"""What a command finds around it."""

from pathlib import Path

import pytest

from netra.entrypoints.commands.context import settings_with


def test_what_was_typed_beats_the_environment_and_that_beats_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("NETRA_PORT=1111\nNETRA_HOST=0.0.0.0\nNETRA_ISSUER=file\n")
    monkeypatch.setenv("NETRA_PORT", "2222")
    monkeypatch.setenv("NETRA_HOST", "127.0.0.2")
    settings = settings_with(port=3333)
    assert (settings.port, settings.host, settings.issuer) == (3333, "127.0.0.2", "file")
