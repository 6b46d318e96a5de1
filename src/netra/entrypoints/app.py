"""The ASGI application: opens the ports, builds the services, and serves both protocols behind one edge."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Final, TypeVar, cast

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp

from netra.bootstrap import open_ports
from netra.domain.errors import NetraError
from netra.entrypoints.asgi import App, Receive, Scope, Send
from netra.entrypoints.edge import Edge
from netra.entrypoints.http import refusals
from netra.entrypoints.http.accounts import authentication_router
from netra.entrypoints.http.admission import AdmissionMiddleware
from netra.entrypoints.http.agent import agent_router
from netra.entrypoints.http.answers import Answer
from netra.entrypoints.http.catalogue import catalogue_router
from netra.entrypoints.http.compression import compressing
from netra.entrypoints.http.configuration import configuration_router
from netra.entrypoints.http.console import console_router
from netra.entrypoints.http.decisions import decisions_router
from netra.entrypoints.http.documents import documents_router
from netra.entrypoints.http.events import events_router
from netra.entrypoints.http.google import google_router
from netra.entrypoints.http.health import Pulse, health_router
from netra.entrypoints.http.idempotency import PASSWORDS, ReplayMiddleware
from netra.entrypoints.http.intake import intake_router
from netra.entrypoints.http.keys import keys_router
from netra.entrypoints.http.otlp import otlp_router
from netra.entrypoints.http.preflights import Preflights
from netra.entrypoints.http.request import ApiRequest
from netra.entrypoints.http.security_log import audit_router
from netra.entrypoints.http.sessions import sessions_router
from netra.entrypoints.http.streaming import stream
from netra.entrypoints.http.threads import threads_router
from netra.entrypoints.http.unrouted import refusing_unread
from netra.entrypoints.http.workloads import workloads_router
from netra.entrypoints.live_connections import LiveConnections
from netra.entrypoints.services import Services, Switchboard
from netra.entrypoints.websocket import asyncapi
from netra.entrypoints.websocket.handler import WebSocketDoor
from netra.entrypoints.websocket.pump import LINGER_S
from netra.entrypoints.websocket.pump import Services as SocketServices
from netra.plugboard import Ports
from netra.settings import Settings

T = TypeVar("T")

# request headers that a page of another origin may send
ALLOWED: Final = [
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "X-Request-ID",
]
EXPOSED: Final = [
    "X-Request-ID",
    "X-API-Version",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "Retry-After",
    "Idempotency-Replayed",
    "ETag",
]


class OwnWorker:
    """The worker that runs in the application's process, if there is one."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Claim no more runs; runs in progress finish within the worker's grace period or are requeued."""
        self._stopping.set()

    @asynccontextmanager
    async def working(self, services: Services) -> AsyncGenerator[None]:
        """Work on runs until the block ends, unless `stop` was called before."""
        if services.settings().slots == 0:
            yield
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(services.run_worker().serve(self._stopping))
            try:
                yield
            finally:
                self.stop()


@asynccontextmanager
async def settling(services: Services) -> AsyncGenerator[None]:
    """Turn staged telemetry into events until the block ends."""
    task = asyncio.create_task(services.telemetry_settler().serve())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


class Application:
    """The ASGI application with its edge; the server calls `drain` before shutdown."""

    def __init__(
        self,
        *,
        edge: Edge,
        litestar: Litestar,
        switchboard: Switchboard,
        connections: LiveConnections,
        worker: OwnWorker,
    ) -> None:
        self.litestar = litestar
        self.stop_work = worker.stop  # called first at shutdown, because readers may take long to leave
        self._edge = edge
        self._switchboard = switchboard
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        await self._edge(scope, receive, send)

    async def drain(self) -> None:
        """Prepare for shutdown: claim no more runs, report not ready, and close all live connections."""
        self.stop_work()
        self._switchboard.services.health_service().drain()
        await self._connections.drain()


def create_app(settings: Settings, ports: Ports | None = None, *, linger_s: float = LINGER_S) -> Application:
    """Return the application for `settings`; a closing socket may take `linger_s` to read its close.

    Its lifespan opens the ports that the settings require, or uses `ports`, which the caller opens and
    closes. It works on runs in this process unless `settings.slots` is 0.
    """
    switchboard = Switchboard(settings)
    connections = LiveConnections(
        most=settings.max_connections, most_per_user=settings.max_connections_per_user
    )
    door = WebSocketDoor(
        settings,
        services=lambda: _for_sockets(switchboard.services),
        connections=connections,
        linger_s=linger_s,
    )
    worker = OwnWorker()

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        async with nullcontext(ports) if ports is not None else open_ports(settings) as opened:
            services = switchboard.plug(opened)
            edge.open(ids=opened.ids, incidents=opened.incidents)
            watched = connections.watched(users=services.user_service(), clock=opened.clock)
            async with worker.working(services), settling(services), watched:
                yield

    litestar = _litestar(
        switchboard, settings=settings, door=door, connections=connections, lifespan=lifespan
    )
    edge = Edge(
        Pulse(Preflights(cast("App", litestar), switchboard=switchboard)),
        trusted_proxies=settings.trusted_proxies,
    )
    return Application(
        edge=edge, litestar=litestar, switchboard=switchboard, connections=connections, worker=worker
    )


def _litestar(
    switchboard: Switchboard,
    *,
    settings: Settings,
    door: WebSocketDoor,
    connections: LiveConnections,
    lifespan: Callable[[Litestar], AbstractAsyncContextManager[None]],
) -> Litestar:
    return Litestar(
        route_handlers=_routers(switchboard, settings=settings, door=door),
        dependencies=_dependencies(switchboard) | {"connections": provided(lambda: connections)},
        exception_handlers={
            NetraError: refusals.refuse,
            HTTPException: refusing_unread(switchboard),
            Exception: refusals.refuse_unexpected,
        },
        lifespan=[lifespan],
        request_class=ApiRequest,
        response_class=Answer,
        request_max_body_size=settings.max_body_bytes,
        cors_config=_cors(settings),
        openapi_config=None,
        logging_config=None,
    )


def _routers(switchboard: Switchboard, *, settings: Settings, door: WebSocketDoor) -> list[Any]:
    # Functions, because Litestar deep-copies any other object, including the switchboard in it.
    def admitted(app: ASGIApp) -> ASGIApp:
        return cast("ASGIApp", AdmissionMiddleware(cast("App", app), switchboard=switchboard))

    def replayed(app: ASGIApp) -> ASGIApp:
        return cast("ASGIApp", ReplayMiddleware(cast("App", app), switchboard=switchboard))

    def repeated(app: ASGIApp) -> ASGIApp:
        replaying = ReplayMiddleware(cast("App", app), switchboard=switchboard, secrets=PASSWORDS)
        return cast("ASGIApp", replaying)

    counted = Router(
        "/",
        middleware=[admitted, compressing],
        route_handlers=[
            authentication_router(registration=settings.registration, repeated=repeated),
            google_router(),
            sessions_router(),
            keys_router(repeated=repeated),
            audit_router(),
            agent_router(replayed=replayed, stream=stream),
            threads_router(),
            otlp_router(),
            intake_router(max_body_bytes=settings.max_events_body_bytes),
            events_router(),
            decisions_router(),
            workloads_router(replayed=replayed, max_events_body_bytes=settings.max_events_body_bytes),
            configuration_router(),
            catalogue_router(),
        ],
    )
    documents = documents_router(asyncapi=asyncapi.document, has_console=settings.console)
    pages = [documents, console_router()] if settings.console else [documents]
    return [counted, health_router(), *pages, *door.handlers]


def _for_sockets(services: Services) -> SocketServices:
    return SocketServices(
        runs=services.run_service(),
        watch=services.workload_watch(),
        users=services.user_service(),
        limiter=services.ports().limiter,
        clock=services.ports().clock,
        incidents=services.ports().incidents,
        journal=services.security_journal(),
    )


def _dependencies(switchboard: Switchboard) -> dict[str, Provide]:
    def service(provider_of: Callable[[Services], Callable[[], object]]) -> Provide:
        def get() -> Any:
            return provider_of(switchboard.services)()

        return provided(get)

    return {
        "services": provided(lambda: switchboard.services),
        "users": service(lambda services: services.user_service),
        "threads": service(lambda services: services.thread_service),
        "runs": service(lambda services: services.run_service),
        "workloads": service(lambda services: services.workload_service),
        "telemetry": service(lambda services: services.telemetry_service),
        "health_service": service(lambda services: services.health_service),
        "sign_in_desk": service(lambda services: services.sign_in_desk),
    }


def provided(get: Callable[[], T]) -> Provide:
    """Return a dependency that calls `get` for each request; Litestar requires a plain function."""
    return Provide(get, sync_to_thread=False)


def _cors(settings: Settings) -> CORSConfig | None:
    """Return the configured list of origins, or None when no other origin may read responses."""
    if not settings.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=ALLOWED,
        expose_headers=EXPOSED,
        # for the cookie that binds a sign-in with an identity provider to its browser
        allow_credentials=True,
        max_age=600,
    )
