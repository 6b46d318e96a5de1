"""The page about the command line: every block that can be run runs, every command and option is on it."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from tests.waiting import COMMAND_S

from netra.entrypoints.cli import COMMANDS, DONE, FAILED, INTERRUPTED, NOT_ENOUGH, REFUSED
from netra.entrypoints.cli import netra as group

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.system
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[-1][:60])
def test_a_block_runs_as_it_stands(block: str, tmp_path: Path) -> None:
    python = f'netra() {{ "{sys.executable}" -m netra "$@"; }}\npython() {{ "{sys.executable}" "$@"; }}\n'
    script = ["bash", "-euo", "pipefail", "-c", python + block]
    ran = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, timeout=COMMAND_S, check=False)
    assert ran.returncode == 0, ran.stderr


def commands() -> dict[str, click.Command]:
    context = click.Context(group)
    found: dict[str, click.Command] = {}
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {inner}": below for inner, below in command.commands.items()}
    return found


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_is_on_the_page(name: str) -> None:
    command = commands()[name]
    text = PAGE.read_text()
    assert name.rsplit(maxsplit=1)[-1] in text
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.opts[-1] in text or parameter.secondary_opts[-1] in text, parameter.opts


@pytest.mark.parametrize("code", [DONE, FAILED, REFUSED, NOT_ENOUGH, INTERRUPTED])
def test_every_exit_code_is_explained(code: int) -> None:
    assert f"| {code} |" in PAGE.read_text()
