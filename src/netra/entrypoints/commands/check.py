"""`netra check RESULT TEXT`: finds statements of a text that a result does not support."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from netra.domain.errors import UnreadableFile
from netra.domain.optimization.wording import count
from netra.entrypoints.commands.context import json_option
from netra.entrypoints.reports.safe import say_json, say_lines

if TYPE_CHECKING:
    from netra.domain.agents.guard.echoes import QuestionEcho
    from netra.domain.agents.guard.findings import CheckedText, Finding, StoredResult

NOT_ENOUGH: Final = 3
TEXT_MAX: Final = 200_000  # longest text in characters: a long report
RESULT_MAX_BYTES: Final = 64 * 1024 * 1024  # largest result file; a result of a million calls has 1 MiB
_FILE_NAME_MAX: Final = 255  # longest TEXT in characters that may be the name of a file


@click.command()
@click.argument("result", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("text")
@json_option
def check(result: Path, text: str, *, as_json: bool) -> int:
    """Check TEXT, such as a slide, an e-mail or a report, against the result in RESULT.

    RESULT is what 'netra optimize --json' prints, or a run from the API. TEXT is a file, '-' for standard
    input, or the text itself. Numbers, units, periods, names, dates and verdicts must be those of the
    result, of the same feature, model or change.

    \b
    netra optimize day.jsonl --json > result.json
    netra check result.json "Caching saves 400 dollars a month."

    \b
    Exit codes:
      0  the result supports the whole text
      2  RESULT or TEXT cannot be read
      3  the result contradicts a statement, or does not contain it
    """
    from netra.domain.agents.guard.findings import check_text  # imports numpy, which the help does not need

    stored = result_in(result)
    checked = check_text(_text_of(text), stored, echo=echo_in(stored))
    if as_json:
        say_json(checked, indent=2)
    else:
        say_lines(lines_of(checked))
    return 0 if checked.holds else NOT_ENOUGH


def lines_of(checked: "CheckedText") -> list[str]:
    """Return the findings as lines of text."""
    if checked.holds:
        return ["Nothing in this text contradicts the result."]
    return [
        f"{count(len(checked.findings), 'statement')} not borne out by the result:",
        *(_line(finding) for finding in checked.findings),
    ]


def _line(finding: "Finding") -> str:
    truth = f" True: {finding.truth}" if finding.truth else " The result holds nothing like it."
    return f"  {finding.text!r} ({finding.what}) in “{finding.sentence}”.{truth}"


def result_in(path: Path) -> "StoredResult":
    """Return the result in a file, alone or in a run. Raises `UnreadableFile` for anything else."""
    from netra.domain.agents.guard.findings import StoredResult

    if path.stat().st_size > RESULT_MAX_BYTES:
        raise UnreadableFile(f"{path.name} is larger than {RESULT_MAX_BYTES:,} bytes, so it is no result.")
    content = path.read_bytes()
    with suppress(msgspec.MsgspecError, UnicodeError):
        fields = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
        return msgspec.json.decode(fields.get("result", content), type=StoredResult)
    raise UnreadableFile(
        f"{path.name} is no result of Netra. 'netra optimize LOG --json > {path.name}' writes one."
    )


def echo_in(result: "StoredResult") -> "QuestionEcho":
    """Return what the result's answer says of its question; empty for goals of another version."""
    from netra.domain.agents.guard.echoes import QuestionEcho
    from netra.domain.agents.wording.echo import echo_of
    from netra.domain.optimization.model import Goals

    try:
        echo = echo_of(msgspec.convert(result.metrics.get("goals", {}), type=Goals))
    except msgspec.ValidationError:
        return QuestionEcho()
    return QuestionEcho(sentences=echo.sentences, phrases=echo.understood)


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
