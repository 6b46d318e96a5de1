"""What a text may hold that is to be kept: every character but U+0000, which PostgreSQL cannot store."""

from typing import Final

from netra.domain.errors import ValidationFailed

_NUL: Final = "\x00"
_SHOWN: Final = "\ufffd"  # Unicode's own sign for what cannot be shown


def can_be_kept(text: str) -> bool:
    """Return whether every store can hold the text."""
    return _NUL not in text


def check_can_be_kept(text: str | None, *, path: str) -> None:
    """Raise `ValidationFailed` naming `path` for a text that some store cannot hold."""
    if text is not None and not can_be_kept(text):
        raise ValidationFailed.of(path, "control_character", f"{path} must not contain U+0000")


def as_kept(text: str) -> str:
    """Return words of ours, which may repeat anybody's, as every store can hold them.

    >>> as_kept("a\\x00b")
    'a�b'
    """
    return text.replace(_NUL, _SHOWN)
