"""Routes for conversations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Response, Router, delete, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from netra.domain.ids import ThreadId
from netra.domain.paging import LIMIT_DEFAULT, Page, page_request
from netra.domain.threads.model import Message, MessageRole, Thread
from netra.domain.threads.service import TITLE_MAX, ThreadService
from netra.domain.users.model import KeyScope
from netra.entrypoints.http.accounts import Confirmation
from netra.entrypoints.http.admission import JSON, admits
from netra.entrypoints.http.entity_tags import NOT_MODIFIED, answered_if_changed
from netra.entrypoints.http.listing import Cursor, Limit, Offset, Pagination, instant, pagination_of
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.request import ApiRequest
from netra.entrypoints.schemas import one_of
from netra.entrypoints.start_run import NAME

_RENAME: Final = admits(reads=(JSON,), scope=KeyScope.EXECUTE)
_TITLE: Final = msgspec.Meta(extra_json_schema={"pattern": NAME, "minLength": 1, "maxLength": TITLE_MAX})


class ThreadTitle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The new title of a conversation."""

    title: Annotated[str, _TITLE]


class ThreadLine(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation in a list."""

    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    message_count: int


class ThreadList(msgspec.Struct, frozen=True, kw_only=True):
    """Conversations, in both documented shapes."""

    threads: Sequence[ThreadLine]
    total: int
    limit: int
    offset: int
    data: Sequence[ThreadLine]
    pagination: Pagination


class ThreadMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message; `run_id` is the run that it started or that produced it."""

    id: str
    role: Annotated[str, one_of(MessageRole)]
    content: str
    created_at: datetime
    run_id: str | None


class ThreadPage(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation with its messages, oldest first."""

    id: str
    title: str
    messages: Sequence[ThreadMessage]
    created_at: datetime
    updated_at: datetime
    message_count: int


@get("/", summary="List threads, newest first")
async def list_threads(
    request: ApiRequest,
    threads: NamedDependency[ThreadService],
    limit: Limit = LIMIT_DEFAULT,
    offset: Offset = 0,
    cursor: Cursor = None,
) -> ThreadList:
    """Return the signed-in user's conversations."""
    asked = page_request(limit=limit, offset=offset, cursor=cursor)
    return _listed(await threads.page(owner_id=request.owner_id, request=asked))


@get("/{thread_id:str}", opt=noted(answers={NOT_MODIFIED: None}), summary="Get a thread with its messages")
async def get_thread(
    thread_id: FromPath[str], request: ApiRequest, threads: NamedDependency[ThreadService]
) -> Response[ThreadPage]:
    """Return a conversation."""
    thread, messages = await threads.get(ThreadId(thread_id), owner_id=request.owner_id)
    return answered_if_changed(request, _shown(thread, messages))


@patch("/{thread_id:str}", opt=_RENAME, summary="Rename a thread")
async def rename_thread(
    thread_id: FromPath[str],
    data: JSONBody[ThreadTitle],
    request: ApiRequest,
    threads: NamedDependency[ThreadService],
) -> ThreadLine:
    """Set the title of a conversation."""
    return _line(await threads.rename(ThreadId(thread_id), owner_id=request.owner_id, title=data.title))


@delete("/{thread_id:str}", status_code=200, opt=admits(scope=KeyScope.EXECUTE), summary="Delete a thread")
async def delete_thread(
    thread_id: FromPath[str], request: ApiRequest, threads: NamedDependency[ThreadService]
) -> Confirmation:
    """Delete a conversation and its contents; its live runs are cancelled."""
    await threads.delete(ThreadId(thread_id), owner_id=request.owner_id)
    return Confirmation(message="Thread deleted successfully")


def threads_router() -> Router:
    """Return the routes."""
    return Router(
        "/api/threads",
        route_handlers=[list_threads, get_thread, rename_thread, delete_thread],
        tags=["Threads"],
    )


def _listed(page: Page[Thread]) -> ThreadList:
    lines = [_line(thread) for thread in page.items]
    return ThreadList(
        threads=lines,
        total=page.total,
        limit=page.limit,
        offset=page.offset,
        data=lines,
        pagination=pagination_of(page),
    )


def _line(thread: Thread) -> ThreadLine:
    return ThreadLine(
        id=thread.id,
        title=thread.title,
        created_at=instant(thread.created_at),
        updated_at=instant(thread.updated_at),
        message_count=thread.message_count,
    )


def _shown(thread: Thread, messages: Sequence[Message]) -> ThreadPage:
    return ThreadPage(
        id=thread.id,
        title=thread.title,
        messages=[_message(message) for message in messages],
        created_at=instant(thread.created_at),
        updated_at=instant(thread.updated_at),
        message_count=thread.message_count,
    )


def _message(message: Message) -> ThreadMessage:
    return ThreadMessage(
        id=message.id,
        role=message.role.value,
        content=message.content,
        created_at=instant(message.created_at),
        run_id=message.run_id,
    )
