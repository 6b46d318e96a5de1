"""Prints text without terminal control characters.

Names, labels, models, files and error messages are untrusted: they come from a store, a log or a server.
Every command prints through these functions or renders with `console.SafeConsole`; a test enforces it.
"""

from collections.abc import Iterable
from io import StringIO

import click
import msgspec

from netra.domain.texts import escaped_json, plain


def say(line: str, *, err: bool = False) -> None:
    """Print one line; line breaks inside it count as unsafe characters."""
    click.echo(plain(line), err=err)


def say_lines(lines: Iterable[str], *, err: bool = False) -> None:
    """Print each text as one line."""
    for line in lines:
        say(line, err=err)


def say_text(text: str, *, err: bool = False) -> None:
    """Print a multi-line text; its line breaks are kept."""
    say_lines(text.removesuffix("\n").split("\n"), err=err)


def say_json(value: object, *, indent: int | None = None) -> None:
    """Print a value as JSON, with unsafe characters escaped: a program reads the value unchanged."""
    text = msgspec.json.encode(value)
    if indent is not None:
        text = msgspec.json.format(text, indent=indent)
    click.echo(escaped_json(text.decode()))


def say_bytes(content: bytes) -> None:
    """Print bytes produced by Netra itself, unchanged."""
    click.echo(content, nl=False)


def show_refusal(error: click.ClickException) -> None:
    """Print a click usage error on standard error."""
    shown = StringIO()
    error.show(shown)
    say_text(shown.getvalue(), err=True)
