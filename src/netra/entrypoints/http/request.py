"""A request as the handlers see it: who asks, its id, and a body that is read by our rules."""

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


class Asked(Request[Any, Principal, State]):
    """Litestar's request with our reading of JSON; `JSONBody` parameters come through it."""

    async def body(self) -> bytes:
        """Return the raw body, at most as long as the route's limit."""
        return await super().body() or b" "  # so that an empty one reaches `json` and is refused there

    async def json(self) -> Any:
        """Return the body as an object. Raises `InvalidRequest`."""
        return read_object((await self.body()).strip())

    @property
    def exchange(self) -> Exchange:
        """What travels with this request from the edge."""
        return exchange_of(cast("Scope", self.scope))

    @property
    def origin(self) -> Origin:
        """Where this request comes from."""
        return origin_of(self.exchange, self.scope["headers"])

    @property
    def principal(self) -> Principal:
        """Who asks; only routes that need a sign-in may ask for it."""
        return self.auth

    @property
    def owner_id(self) -> UserId:
        """The user who asks."""
        return self.auth.user_id
