"""`netra keys`: API keys for programs."""

import secrets
from pathlib import Path
from typing import Final

import click

from netra.domain.ids import KeyId
from netra.domain.optimization.wording import count
from netra.domain.users.keys import LIFETIME_DAYS_DEFAULT, LIFETIME_DAYS_MAX
from netra.domain.users.model import ApiKey, KeyScope
from netra.entrypoints.commands.context import data_option, json_option, owner_in, run, store_in
from netra.entrypoints.reports.safe import say, say_json

PREFIX_KEY_BYTES: Final = 32  # of a key under which prompts are hashed

_email_option = click.option("--email", help="Owner's e-mail address; optional while there is only one user.")


@click.group()
def keys() -> None:
    """Create, list and revoke API keys."""


@keys.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in KeyScope]),
    help="Permission of the key; may be repeated.",
)
@click.option(
    "--days",
    type=click.IntRange(1, LIFETIME_DAYS_MAX),
    default=LIFETIME_DAYS_DEFAULT,
    show_default=True,
    help="Lifetime in days.",
)
@_email_option
@data_option
def add(*, name: str, scopes: tuple[str, ...], days: int, email: str | None, data: Path | None) -> None:
    """Create a key called NAME and print it: it is shown only once.

    \b
    netra keys add ci --scope read --scope ingest
    """

    async def added() -> None:
        async with store_in(data) as netra:
            owner = await owner_in(netra, email=email)
            wanted = [KeyScope(word) for word in scopes]
            key, secret = await netra.keys.issue(owner, name=name, scopes=wanted, lifetime_days=days)
            say(secret)
            say(f"This is key {key.id} of {owner.email}; it is not shown again.", err=True)

    run(added())


@keys.command("prefix")
def prefix() -> None:
    """Print a new key for hashing prompts on the client; set it as NETRA_PREFIX_KEY there.

    All processes of one workload need the same key. Netra's server never needs it.
    """
    say(secrets.token_hex(PREFIX_KEY_BYTES))


@keys.command("list")
@json_option
@_email_option
@data_option
def list_keys(*, as_json: bool, email: str | None, data: Path | None) -> None:
    """List a user's keys, without their secrets."""

    async def listed() -> None:
        async with store_in(data) as netra:
            found = await netra.keys.all_of(await owner_in(netra, email=email))
        if as_json:
            say_json(found)
            return
        for key in found:
            say(_line(key))
        if not found:
            say("There is no key yet; create one with 'netra keys add'.", err=True)

    run(listed())


@keys.command()
@click.argument("key_id", required=False)
@click.option("--all", "is_all", is_flag=True, help="Revoke all keys of the user.")
@_email_option
@data_option
def revoke(*, key_id: str | None, is_all: bool, email: str | None, data: Path | None) -> None:
    """Revoke the key KEY_ID, or all keys of a user with --all; they stop working immediately."""
    if (key_id is None) is not is_all:
        raise click.UsageError("Give either a KEY_ID or --all.")

    async def revoked() -> None:
        async with store_in(data) as netra:
            owner = await owner_in(netra, email=email)
            if key_id is None:
                say(f"Revoked {count(await netra.keys.revoke_all(owner), 'key')} of {owner.email}.")
            else:
                await netra.keys.revoke(KeyId(key_id), owner=owner)
                say(f"Revoked {key_id}.")

    run(revoked())


def _line(key: ApiKey) -> str:
    scopes = " ".join(sorted(key.scopes))
    return f"{key.id}  …{key.hint}  {key.name}  ({scopes})  until {key.expires_at:%Y-%m-%d}"
