"""The page about imports lists every format, and its block runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.waiting import COMMAND_S

from netra.adapters.files.formats.refusals import REFUSALS
from netra.adapters.files.formats.registry import FORMATS

PAGE = (Path(__file__).parents[2] / "docs/imports.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_every_format_is_listed_and_no_other() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE)
    assert sorted(listed) == sorted(["otlp", *(form.name for form in FORMATS)])


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.title)
def test_every_refused_export_is_named(refusal: object) -> None:
    names = (
        "OpenAI",
        "Anthropic",
        "Azure OpenAI",
        "LangSmith",
        "Portkey",
        "Braintrust",
        "Cloudflare",
        "Kong",
    )
    (_, refused) = PAGE.split("These are refused by name")
    named = [name for name in names if name in getattr(refusal, "title", "")]
    assert named
    assert all(name in refused for name in named)


@pytest.mark.system
@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_runs_as_it_stands(block: str, tmp_path: Path) -> None:
    script = ["bash", "-euo", "pipefail", "-c", f'netra() {{ "{sys.executable}" -m netra "$@"; }}\n{block}']
    ran = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, timeout=COMMAND_S, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "holds 1 call of Claude Code, 1 of them new." in ran.stdout
