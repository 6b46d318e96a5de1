"""The route of a run's report as a file: the page of the command line, Markdown, or a table."""

import asyncio
import threading
from typing import Annotated, Final, Literal

import msgspec
from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from netra.domain.errors import Conflict, NotFound
from netra.domain.ids import RunId, UserId, WorkloadId
from netra.domain.optimization.result import Advice
from netra.entrypoints.errors import Envelope
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.http.openapi_responses import Files
from netra.entrypoints.http.request import ApiRequest, InjectedServices
from netra.entrypoints.services import Services

Form = Literal["html", "md", "csv"]
MEDIA_TYPES: Final = {"html": "text/html", "md": "text/markdown", "csv": "text/csv"}

_FILES: Final = noted(
    answers={200: Files(media_types=tuple(MEDIA_TYPES.values())), 409: Envelope}, codes=("CONFLICT",)
)
_DRAWING: Final = threading.Lock()  # the library of the plots has settings of the whole process

Wanted = Annotated[
    Form,
    QueryParameter(name="format", description="A page with plots, Markdown, or a table of recommendations."),
]


@get("/runs/{run_id:str}/report", opt=_FILES, summary="Download the report of a run")
async def get_report(
    run_id: FromPath[str], request: ApiRequest, services: InjectedServices, form: Wanted = "html"
) -> Response[bytes]:
    """Return the result of a completed run as a file that needs no connection; 409 before it has one."""
    run = await services.run_service().get(RunId(run_id), owner_id=request.owner_id)
    if run.result is None:
        raise Conflict(f"Run {run.id!r} has no result, so there is no report.", run_id=run.id)
    source = await source_of(run.workload_id, services, owner_id=request.owner_id)
    text = await asyncio.to_thread(rendered, bytes(run.result), form, source=source, question=run.message)
    named = f'attachment; filename="netra-{run.id}.{form}"'
    return Response(text.encode(), media_type=MEDIA_TYPES[form], headers={"Content-Disposition": named})


async def source_of(workload_id: WorkloadId | None, services: Services, *, owner_id: UserId) -> str:
    """Return the name of the workload as it is now, or its id if it was deleted."""
    if workload_id is None:
        return "no workload"
    try:
        return (await services.workload_service().get(workload_id, owner_id=owner_id)).name
    except NotFound:
        return workload_id


def rendered(result: bytes, form: Form, *, source: str, question: str) -> str:
    """Return the report of an encoded result; blocking, and the first page takes about a second."""
    # imported here: a service that renders no report does without
    from netra.entrypoints.reports.digest import digest_of
    from netra.entrypoints.reports.markdown import markdown_of
    from netra.entrypoints.reports.table import table_of

    digest = digest_of(msgspec.json.decode(result, type=Advice))
    if form == "csv":
        return table_of(digest)
    if form == "md":
        return markdown_of(digest, source=source, question=question)
    from netra.entrypoints.reports.page import page_of

    with _DRAWING:
        return page_of(digest, sketch=None, source=source, question=question)
