"""The composition root: the one package that names concrete adapters.

Each function imports the adapters that it plugs in, so a process loads only what its settings name.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING

from netra.settings import Secret, Settings, check_shared_secret

if TYPE_CHECKING:
    from netra.adapters.sql.migrations import Schema
    from netra.plugboard import Ports

__all__ = ["open_ports", "prepare", "schema_of"]


@asynccontextmanager
async def open_ports(settings: Settings) -> AsyncGenerator["Ports"]:
    """Open the store that the settings name, by default the embedded one, and close it on exit."""
    from netra.adapters.local.clock import SystemClock
    from netra.adapters.local.incidents import LoggedIncidents
    from netra.adapters.local.passwords import Argon2PasswordHasher
    from netra.adapters.local.secrets import kept_secret
    from netra.bootstrap.one_process import ports_over, prompt_keys_of, tokens_of
    from netra.bootstrap.servers import with_archive, with_language_model, with_shared
    from netra.bootstrap.stores import open_store, with_postponed_writes
    from netra.domain.workloads.unfinished_removals import swept

    clock, incidents = SystemClock(), LoggedIncidents()
    prepare(settings)
    secret = settings.secret or Secret(kept_secret(settings.data))
    tokens, prompt_keys = tokens_of(settings, secret, clock), prompt_keys_of(settings, secret)
    async with (
        open_store(settings, clock) as opened,
        with_postponed_writes(opened, settings, clock=clock, incidents=incidents) as store,
    ):
        with closing(Argon2PasswordHasher()) as passwords:
            alone = ports_over(
                store,
                settings,
                clock=clock,
                incidents=incidents,
                passwords=passwords,
                tokens=tokens,
                prompt_keys=prompt_keys,
            )
            async with (
                swept(store.event_log, clock=clock, incidents=incidents),
                with_archive(alone, settings, store.event_outbox) as ports,
                with_shared(ports, settings) as ports,
                with_language_model(ports, settings, store.spending) as ports,
            ):
                yield ports


def prepare(settings: Settings) -> None:
    """Create the embedded store's folder, readable by its owner only. Raises `SettingsRefused`."""
    from netra.adapters.local.private_folder import private_folder
    from netra.adapters.local.secrets import SIGNING_KEY_FILE
    from netra.bootstrap.stores import DATABASE_FILE

    check_shared_secret(settings)
    if settings.database_url is None:
        private_folder(settings.data, holds=(DATABASE_FILE, SIGNING_KEY_FILE))


def schema_of(settings: Settings) -> "Schema":
    """Return the tables of the store that the settings name, whether or not they exist."""
    from netra.bootstrap.stores import schema_of_store

    return schema_of_store(settings)
