"""The page about signing in: its commands run as printed, in order, against a real service."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.api.conftest import serving
from tests.waiting import COMMAND_S

from netra.domain.users.model import KeyScope
from netra.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "sign-in.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.system
def test_the_commands_run_as_printed(tmp_path: Path) -> None:
    assert shutil.which("curl"), "the page's commands are for curl, and this machine has none"
    python = f'netra() {{ "{sys.executable}" -m netra "$@"; }}\npython() {{ "{sys.executable}" "$@"; }}\n'
    with serving(Settings(data=tmp_path / "data")) as address:
        script = f'{python}NETRA={address}\nDATA="{tmp_path / "data"}"\n' + "\n".join(BLOCKS)
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr + ran.stdout


def test_every_reason_and_scope_is_explained() -> None:
    sources = Path(__file__).parents[2] / "src" / "netra"
    texts = [
        path.read_text()
        for folder in ("domain/users", "adapters/google")
        for path in (sources / folder).glob("*.py")
    ]
    reasons = set(re.findall(r'reason="([a-z_]+)"', "".join(texts)))
    assert len(reasons) > 8
    for word in reasons | {scope.value for scope in KeyScope}:
        assert f"`{word}`" in PAGE, word


def test_every_test_that_the_security_page_names_is_there() -> None:
    named = re.findall(r"`(tests/[^`]+)`", (DOCS / "security.md").read_text())
    assert named
    assert [name for name in named if not (DOCS.parent / name).exists()] == []
