"""The page about language models: its command runs as printed, its settings are read, its words are true."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.api.conftest import serving
from tests.waiting import COMMAND_S

from netra.domain.agents.stages.dialogue import NUMBERS_ONLY
from netra.ports.language_model import LanguageModelFailed
from netra.settings import Settings, settings_from

PAGE = (Path(__file__).parents[2] / "docs" / "language-models.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.system
def test_the_commands_run_as_printed(llmock: Any, tmp_path: Path) -> None:
    assert BLOCKS
    with serving(Settings(data=tmp_path, language_model_url=llmock.base_url())) as address:
        script = f"NETRA={address}\n" + "\n".join(BLOCKS)
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )
    assert (ran.returncode, '"healthy"' in ran.stdout) == (0, True), ran.stderr + ran.stdout


def test_every_variable_on_the_page_can_be_set_as_shown() -> None:
    shown = re.findall(r"^(NETRA_[A-Z_]+)=(\S+)$", PAGE, flags=re.MULTILINE)
    assert len(shown) > 3
    assert settings_from(dict(shown)).has_language_model
    addresses = re.findall(r"`(NETRA_LANGUAGE_MODEL_URL)=(\S+)`", PAGE)
    assert len(addresses) > 3
    for name, address in addresses:
        assert settings_from({name: address}).has_language_model
    for name in re.findall(r"`NETRA_([A-Z_]+)[`=]", PAGE):
        assert name.lower() in Settings.__struct_fields__


def test_every_way_to_fail_is_on_the_page_and_no_other() -> None:
    table = PAGE.partition("## When it fails")[2]
    kinds: list[type[LanguageModelFailed]] = [LanguageModelFailed, *LanguageModelFailed.__subclasses__()]
    reasons: set[str] = {kind.reason for kind in kinds}
    reasons |= {"unverified", NUMBERS_ONLY}  # why words are not used that came, or were never asked for
    assert set(re.findall(r"^\| `([a-z_]+)` \|", table, flags=re.MULTILINE)) == reasons
