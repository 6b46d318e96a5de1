"""`netra check RESULT TEXT`: what a text says that a result does not bear out."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import click
import msgspec

from netra.domain.agents.guard.findings import CheckedText, Finding, check_text
from netra.domain.errors import UnreadableFile
from netra.domain.optimization.result import Advice
from netra.domain.optimization.wording import count
from netra.entrypoints.commands.context import json_option
from netra.entrypoints.reports.safe import say_json, say_lines

NOT_ENOUGH: Final = 3
TEXT_MAX: Final = 200_000  # longest text in characters: a long report
RESULT_MAX_BYTES: Final = 64 * 1024 * 1024  # largest result file; a result of a million calls has 1 MiB
_FILE_NAME_MAX: Final = 255  # longest TEXT in characters that may be the name of a file


class _Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run as the API returns it."""

    result: Advice


@click.command()
@click.argument("result", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("text")
@json_option
def check(result: Path, text: str, *, as_json: bool) -> int:
    """Check TEXT against the result in RESULT: a slide, an e-mail, a report about it.

    RESULT is what 'netra optimize --json' prints, or a run from the API. TEXT is a file, '-' for standard
    input, or the text itself. Numbers, units, periods, names, dates and verdicts must be those of the
    result, of the same feature, model or change.

    \b
    netra optimize day.jsonl --json > result.json
    netra check result.json "Caching saves 400 dollars a month."

    \b
    Exit codes: 0 all of it holds; 2 RESULT or TEXT cannot be read; 3 something does not hold.
    """
    checked = check_text(_text_of(text), advice_in(result))
    if as_json:
        say_json(checked, indent=2)
    else:
        say_lines(lines_of(checked))
    return 0 if checked.holds else NOT_ENOUGH


def lines_of(checked: CheckedText) -> list[str]:
    """Return the findings as a person reads them."""
    if checked.holds:
        return ["Nothing in this text contradicts the result."]
    return [
        f"{count(len(checked.findings), 'statement')} not borne out by the result:",
        *(_line(finding) for finding in checked.findings),
    ]


def _line(finding: Finding) -> str:
    truth = f" True: {finding.truth}" if finding.truth else " The result holds nothing like it."
    return f"  {finding.text!r} ({finding.what}) in “{finding.sentence}”.{truth}"


def advice_in(path: Path) -> Advice:
    """Return the result in a file. Raises `UnreadableFile` for anything else."""
    if path.stat().st_size > RESULT_MAX_BYTES:
        raise UnreadableFile(f"{path.name} is larger than {RESULT_MAX_BYTES:,} bytes, so it is no result.")
    content = path.read_bytes()
    with suppress(msgspec.MsgspecError, UnicodeError):
        return msgspec.json.decode(content, type=Advice)
    with suppress(msgspec.MsgspecError, UnicodeError):
        return msgspec.json.decode(content, type=_Run).result
    raise UnreadableFile(
        f"{path.name} is no result of Netra. 'netra optimize LOG --json > {path.name}' writes one."
    )


def _text_of(text: str) -> str:
    if text == "-":
        return _bounded(sys.stdin.read(TEXT_MAX + 1))
    if len(text) <= _FILE_NAME_MAX and "\n" not in text and "\0" not in text and Path(text).is_file():
        try:
            return _bounded(Path(text).read_text(encoding="utf-8")[: TEXT_MAX + 1])
        except UnicodeError:
            raise UnreadableFile(f"{text} is not text in UTF-8.") from None
    return _bounded(text)


def _bounded(text: str) -> str:
    if len(text) > TEXT_MAX:
        raise UnreadableFile(f"The text has more than {TEXT_MAX:,} characters; check it in parts.")
    return text
