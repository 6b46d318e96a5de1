"""A request as handlers see it: its user, its id, and a body parsed by our rules."""

from typing import Any, cast

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from netra.domain.audit.model import Origin
from netra.domain.ids import UserId
from netra.domain.users.model import Principal
from netra.entrypoints.asgi import Exchange, Scope, exchange_of
from netra.entrypoints.credentials import origin_of
from netra.entrypoints.json_body import read_object
from netra.entrypoints.services import Services

InjectedServices = NamedDependency[SkipValidation[Services]]
"""The services, as a handler's parameter; a container's instance is of the library's own class."""


class ApiRequest(Request[Any, Principal, State]):
    """Litestar's request with our JSON parsing, which `JSONBody` parameters use."""

    async def body(self) -> bytes:
        """Return the raw body, at most as long as the route's limit."""
        return await super().body() or b" "  # an empty body then reaches `json` and is rejected there

    async def wire_body(self) -> bytes:
        """Return the raw body as it was sent, which may be empty."""
        return await super().body()

    async def json(self) -> Any:
        """Return the body as an object. Raises `InvalidRequest`."""
        return read_object((await self.body()).strip())

    @property
    def exchange(self) -> Exchange:
        """The data that the edge attached to this request."""
        return exchange_of(cast("Scope", self.scope))

    @property
    def origin(self) -> Origin:
        """The origin of this request."""
        return origin_of(self.exchange, self.scope["headers"])

    @property
    def principal(self) -> Principal:
        """The signed-in principal; only for routes that require one."""
        return self.auth

    @property
    def owner_id(self) -> UserId:
        """The signed-in user's id."""
        return self.auth.user_id
