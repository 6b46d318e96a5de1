"""Validate a question, and derive its thread's title."""

import re
from typing import Final

from netra.domain.errors import ValidationFailed
from netra.domain.ids import well_formed
from netra.domain.quotas import Quotas
from netra.domain.runs.model import StartRun
from netra.domain.texts import check_can_be_kept, plain

TITLE_MAX: Final = 60
IDEMPOTENCY_KEY_MAX: Final = 255
CLIENT_REF_MAX: Final = 256


def check_question(command: StartRun, *, quotas: Quotas) -> None:
    """Raise `ValidationFailed` for a question that exceeds a limit."""
    if not command.message.strip():
        raise ValidationFailed.of("message", "blank", "message must not be blank")
    if len(command.message) > quotas.max_message_length:
        limit = quotas.max_message_length
        message = f"message has {len(command.message)} characters, the limit is {limit}"
        raise ValidationFailed.of("message", "too_long", message)
    check_can_be_kept(command.message, path="message")
    if command.thread_id is not None:
        well_formed(command.thread_id, path="thread_id")
    if command.workload_id is not None:
        well_formed(command.workload_id, path="workload_id")
    check_reference(command.client_ref, path="id", most=CLIENT_REF_MAX)
    check_reference(command.idempotency_key, path="Idempotency-Key", most=IDEMPOTENCY_KEY_MAX)


def check_reference(text: str | None, *, path: str, most: int) -> None:
    """Raise `ValidationFailed` when a client's own reference cannot be stored.

    It must have 1 to `most` characters, all of which stores can hold.
    """
    if text is not None and not 0 < len(text) <= most:
        raise ValidationFailed.of(path, "length", f"{path} must have 1 to {most} characters")
    check_can_be_kept(text, path=path)


def title_of(message: str) -> str:
    """Return the question as a title: one line without unsafe characters, cut at a word.

    >>> title_of("Make it cheaper,\\nplease")
    'Make it cheaper, please'
    """
    line = plain(re.sub(r"\s+", " ", message), instead="").strip() or "…"
    if len(line) <= TITLE_MAX:
        return line
    return line[: TITLE_MAX - 1].rsplit(" ", 1)[0] + "…"
