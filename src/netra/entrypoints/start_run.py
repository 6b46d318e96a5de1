"""A question as a client sends it, on either transport, converted to one command."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, Final, TypeVar

import msgspec

from netra.domain.errors import ValidationFailed
from netra.domain.ids import ThreadId, UserId, WorkloadId
from netra.domain.runs.model import StartRun
from netra.domain.texts import UNSAFE_SET
from netra.entrypoints.schemas import WELL_FORMED

# Documentation only: the domain's rules validate, with their own messages.
NOT_BLANK: Final = r"^[^\u0000]*[^\s\u0000\u001c-\u001f][^\u0000]*$"
# A name: not blank, and without the characters that `domain.texts` calls unsafe.
NAME: Final = rf"^[^{UNSAFE_SET}]*[^\s{UNSAFE_SET}][^{UNSAFE_SET}]*$"
Text = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": NOT_BLANK, "minLength": 1})]
T = TypeVar("T")

Id = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": WELL_FORMED})]


class Context(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The nested form of the question's subject."""

    workload_id: Id | None = None
    parameters: dict[str, Any] | None = None


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question; `workload_id` and `parameters` are given here or in `context`.

    Parameters are stored as sent.
    """

    message: Text
    context: Context | None = None
    thread_id: Id | None = None
    workload_id: Id | None = None
    parameters: dict[str, Any] | None = None


def start_run(
    ask: Ask,
    *,
    owner_id: UserId,
    client_ref: str | None = None,
    idempotency_key: str | None = None,
    fingerprint: str = "",
) -> StartRun:
    """Return the command. Raises `ValidationFailed` when the two forms disagree."""
    context = ask.context or Context()
    workload_id = _one(ask.workload_id, context.workload_id, path="workload_id")
    parameters: Mapping[str, Any] = _one(ask.parameters, context.parameters, path="parameters") or {}
    return StartRun(
        owner_id=owner_id,
        message=ask.message,
        thread_id=None if ask.thread_id is None else ThreadId(ask.thread_id),
        workload_id=None if workload_id is None else WorkloadId(workload_id),
        parameters=parameters,
        client_ref=client_ref,
        idempotency_key=idempotency_key,
        fingerprint=fingerprint,
    )


def start_referenced_run(ask: Ask, *, owner_id: UserId, reference: str | None) -> StartRun:
    """Return the command of a client whose own `reference` to the question counts once.

    The reference is an idempotency key, apart from those of HTTP requests. Two questions are the same if
    they mean the same, however they are spelled. Raises `ValidationFailed` as `start_run`.
    """
    command = start_run(ask, owner_id=owner_id, client_ref=reference)
    if reference is None:
        return command
    meant = (command.message, command.thread_id, command.workload_id, command.parameters)
    return msgspec.structs.replace(
        command,
        idempotency_key=f"socket {sha256(reference.encode(errors='surrogatepass')).hexdigest()}",
        fingerprint=sha256(msgspec.json.encode(meant, order="deterministic")).hexdigest(),
    )


def _one(flat: T | None, nested: T | None, *, path: str) -> T | None:
    if flat is not None and nested is not None and flat != nested:
        message = f"{path} and context.{path} disagree; give only one of them"
        raise ValidationFailed.of(path, "conflict", message)
    return nested if flat is None else flat
