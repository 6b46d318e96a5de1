"""The services that handlers call while the ports are open."""

from dependency_injector import providers

from netra.entrypoints.sign_in import SignInDesk
from netra.plugboard import Container, Ports, filled
from netra.settings import Settings


class Services(Container):
    """The container's services, and the sign-in desk, which only the HTTP routes need."""

    sign_in_desk = providers.Singleton(
        SignInDesk,
        users=Container.user_service,
        sessions=Container.session_service,
        federated=Container.federated_sign_in,
        journal=Container.security_journal,
        limiter=Container.ports.provided.limiter,
        known=Container.known_address_service,
    )


class Switchboard:
    """Holds the services once `plug` has built them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._services: Services | None = None

    def plug(self, ports: Ports) -> Services:
        """Build the services over `ports`."""
        self._services = filled(Services, ports, self._settings)
        return self._services

    @property
    def services(self) -> Services:
        """The services. Raises `RuntimeError` before the application has started."""
        if self._services is None:
            raise RuntimeError("the application has not been started: its lifespan did not run")
        return self._services
