"""Recognise the echo of a question: "Understood: TTFT p99 <= 500 ms; look at kv cache." states no finding."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from netra.domain.agents.question.mentions import blanked


class QuestionEcho(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says of its question: whole sentences, and the phrases of what was understood."""

    sentences: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


_LINE: Final = re.compile(r"[^\n]+")
_PREFIX: Final = re.compile(r"\s*(?:[-*•]\s+)?(?:\*{0,2}understood:?\*{0,2}:?\s+)?", re.IGNORECASE)
_ASKED: Final = re.compile(r"<=|^(?:look at|leave|only|no|at most|about|save|a budget of)\b", re.IGNORECASE)


def without_echo(text: str, echo: QuestionEcho) -> str:
    """Return a text in which the echo of the question is blank; positions stay.

    >>> echo = QuestionEcho(phrases=("TTFT p99 <= 500 ms", "look at kv cache"))
    >>> set(without_echo("TTFT p99 <= 500 ms; look at kv cache", echo)) == set(blanked("x", [(0, 1)]))
    True
    """
    spans = [
        match.span()
        for sentence in echo.sentences
        for match in re.finditer(r"\s+".join(map(re.escape, sentence.split())), text)
    ]
    known = {_plain(phrase) for phrase in echo.phrases}
    spans += [line.span() for line in _LINE.finditer(text) if _is_echo(line[0], known)]
    return blanked(text, spans)


def _is_echo(line: str, known: set[str]) -> bool:
    """Return whether a line holds phrases of the echo only, and is no single claim such as "20 % cheaper"."""
    prefix = _PREFIX.match(line)
    start = 0 if prefix is None else prefix.end()
    parts: Sequence[str] = [part.strip() for part in line[start:].strip().rstrip(".").split(";")]
    if not all(_plain(part) in known for part in parts):
        return False
    return "understood" in line[:start].lower() or any(_ASKED.search(part) for part in parts)


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
