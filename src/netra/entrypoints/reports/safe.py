"""Prints text in which no character makes the terminal do something.

Names, labels, models, files and error messages come from others: from a store, a log, a server. Every
command prints by these functions, or renders by `console.SafeConsole`; a test of the house says so.
"""

from collections.abc import Iterable
from io import StringIO
from typing import Any

import click
import msgspec

from netra.domain.texts import escaped_json, plain


def say(line: str, *, err: bool = False) -> None:
    """Print one line; what would end it within counts as unsafe."""
    click.echo(plain(line), err=err)


def say_lines(lines: Iterable[str], *, err: bool = False) -> None:
    """Print each text as one line."""
    for line in lines:
        say(line, err=err)


def say_text(text: str, *, err: bool = False) -> None:
    """Print a text of several lines, whose line ends are ours."""
    say_lines(text.removesuffix("\n").split("\n"), err=err)


def say_json(value: Any, *, indent: int | None = None) -> None:
    """Print a value as JSON, with unsafe characters escaped: a program reads the value unchanged."""
    text = msgspec.json.encode(value)
    if indent is not None:
        text = msgspec.json.format(text, indent=indent)
    click.echo(escaped_json(text.decode()))


def say_bytes(content: bytes) -> None:
    """Print bytes that Netra made itself, as they are."""
    click.echo(content, nl=False)


def show_refusal(error: click.ClickException) -> None:
    """Print why click refused what was typed, on standard error."""
    shown = StringIO()
    error.show(shown)
    say_text(shown.getvalue(), err=True)
