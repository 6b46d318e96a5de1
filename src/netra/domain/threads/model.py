"""Define threads (conversations) and their messages."""

import enum
from datetime import datetime

import msgspec

from netra.domain.ids import MessageId, RunId, ThreadId, UserId


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation owned by one user."""

    id: ThreadId
    owner_id: UserId
    title: str
    created_at: datetime
    updated_at: datetime
    message_count: int = 0


class MessageRole(enum.StrEnum):
    """The author of a message."""

    USER = "user"
    ASSISTANT = "assistant"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a thread; `run_id` is the run it started or that answered it."""

    id: MessageId
    thread_id: ThreadId
    role: MessageRole
    content: str
    created_at: datetime
    run_id: RunId | None = None
