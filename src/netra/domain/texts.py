"""Define the characters that a text may contain: to be stored, and to be shown in a line or a terminal.

Every store keeps every character but U+0000, which PostgreSQL rejects. A name appears next to other words,
so it also excludes control characters, line separators, bidirectional embeddings, overrides and isolates.
"""

import re
from typing import Final

from netra.domain.errors import Fault, ValidationFailed

_NUL: Final = "\x00"
_SHOWN: Final = "\ufffd"  # Unicode's replacement character

# C0 and C1 controls with ESC, CSI and OSC; line and paragraph separators; bidirectional embeddings,
# overrides and isolates (UAX #9). The syntax is also valid in JSON Schema.
UNSAFE_SET: Final = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069"
# Surrogates do not occur in UTF-8, only in Python's decoding of file names and broken input.
_UNSAFE: Final = re.compile(f"[{UNSAFE_SET}\\ud800-\\udfff]")


def can_be_kept(text: str) -> bool:
    """Return whether every store can hold the text."""
    return _NUL not in text


def check_can_be_kept(text: str | None, *, path: str) -> None:
    """Raise `ValidationFailed` for `path` if some store cannot hold the text."""
    if text is not None and not can_be_kept(text):
        raise ValidationFailed.of(path, "control_character", f"{path} must not contain U+0000")


def as_kept(text: str) -> str:
    """Return a text of Netra, which may quote any text, in a form that every store can hold.

    >>> as_kept("a\\x00b")
    'a�b'
    """
    return text.replace(_NUL, _SHOWN)


def unsafe_character(text: str) -> str | None:
    """Return the first character that a name must not contain, or None."""
    found = _UNSAFE.search(text)
    return None if found is None else found[0]


def unsafe_fault(text: str, *, path: str) -> Fault | None:
    """Return the fault of a name with an unsafe character, or None."""
    found = unsafe_character(text)
    if found is None:
        return None
    kind = "a control, line-separating or bidirectional formatting character"
    message = f"{path} must not contain U+{ord(found):04X}, {kind}"
    return Fault(path=path, code="control_character", message=message)


def check_plain(text: str, *, path: str) -> None:
    """Raise `ValidationFailed` for `path` if a name contains an unsafe character."""
    if (fault := unsafe_fault(text, path=path)) is not None:
        raise ValidationFailed(fault.message, [fault])


def plain(text: str, *, instead: str = _SHOWN) -> str:
    """Return the text with each unsafe character replaced by `instead`: one line, safe to print.

    >>> plain("gpt\\x1b[31m\\n")
    'gpt�[31m�'
    """
    return _UNSAFE.sub(instead, text)


def plain_lines(text: str) -> str:
    """Return the text with every line made plain; line ends are kept."""
    return "\n".join(plain(line) for line in text.split("\n"))


def escaped_json(text: str) -> str:
    """Return JSON of the same value in which every unsafe character is escaped.

    An encoder escapes C0 controls only. In JSON, other unsafe characters occur only inside strings, so
    escaping them does not change the value.

    >>> escaped_json('{"model": "m\\x9b2J"}')
    '{"model": "m\\\\u009b2J"}'
    """
    return _UNSAFE.sub(lambda found: found[0] if found[0] in "\n\t\r" else f"\\u{ord(found[0]):04x}", text)
