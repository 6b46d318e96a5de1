"""A conversation and what was said in it."""

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
    """Who said it."""

    USER = "user"
    ASSISTANT = "assistant"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One thing said in a thread; `run_id` is the run that it asked for or that answered."""

    id: MessageId
    thread_id: ThreadId
    role: MessageRole
    content: str
    created_at: datetime
    run_id: RunId | None = None
