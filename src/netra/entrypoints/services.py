"""What handlers call, from the moment the ports are open until they close."""

from dataclasses import dataclass

from netra.bootstrap import Container, Ports, contained
from netra.domain.audit.journal import SecurityJournal
from netra.domain.health.service import HealthService
from netra.domain.runs.service import RunService
from netra.domain.threads.service import ThreadService
from netra.domain.users.federated import FederatedSignIn
from netra.domain.users.keys import ApiKeyService
from netra.domain.users.service import UserService
from netra.domain.users.sessions import SessionService
from netra.domain.workloads.service import WorkloadService
from netra.entrypoints.sign_in import SignInDesk
from netra.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """Every service, resolved once: a provider's call is not paid by each request."""

    settings: Settings
    ports: Ports
    container: Container
    users: UserService
    sessions: SessionService
    api_keys: ApiKeyService
    federated: FederatedSignIn
    journal: SecurityJournal
    threads: ThreadService
    runs: RunService
    workloads: WorkloadService
    health: HealthService
    sign_ins: SignInDesk


class Switchboard:
    """Empty until `plug`; asking it before is a fault in the start-up order."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._services: Services | None = None

    def plug(self, ports: Ports) -> Services:
        """Build the services over `ports`."""
        container = contained(ports, self._settings)
        self._services = Services(
            settings=self._settings,
            ports=ports,
            container=container,
            users=container.user_service(),
            sessions=container.session_service(),
            api_keys=container.api_key_service(),
            federated=container.federated_sign_in(),
            journal=container.security_journal(),
            threads=container.thread_service(),
            runs=container.run_service(),
            workloads=container.workload_service(),
            health=container.health_service(),
            sign_ins=SignInDesk(
                users=container.user_service(),
                sessions=container.session_service(),
                federated=container.federated_sign_in(),
                journal=container.security_journal(),
                limiter=ports.limiter,
                known=container.known_address_service(),
            ),
        )
        return self._services

    @property
    def services(self) -> Services:
        """The services. Raises `RuntimeError` before the application has started."""
        if self._services is None:
            raise RuntimeError("the application has not been started: its lifespan did not run")
        return self._services
