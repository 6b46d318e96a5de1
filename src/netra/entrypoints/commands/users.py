"""`netra users`: the users who may sign in."""

import sys
from pathlib import Path

import click

from netra.domain.optimization.wording import count
from netra.domain.users.model import Role
from netra.entrypoints.commands.context import data_option, json_option, owner_in, run, store_in
from netra.entrypoints.reports.safe import say, say_json


@click.group()
def users() -> None:
    """Add, list and disable users, and change their passwords."""


@users.command()
@click.argument("email")
@click.option("--name", required=True, help="The user's name.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--no-password", is_flag=True, help="Allow sign-in only with the identity provider.")
@click.option(
    "--admin",
    is_flag=True,
    help="Make the user an administrator, who may read the deployment's security log.",
)
@data_option
def add(
    *, email: str, name: str, password_stdin: bool, no_password: bool, admin: bool, data: Path | None
) -> None:
    """Add a user who signs in with EMAIL and a password.

    \b
    echo "$PASSWORD" | netra users add ada@example.com --name Ada --password-stdin
    """
    password = None if no_password else _password(from_stdin=password_stdin)
    role = Role.ADMIN if admin else Role.MEMBER

    async def added() -> None:
        async with store_in(data) as netra:
            user = await netra.add_user(email, name=name, password=password, role=role)
            say(f"Added {user.email} as user {user.id}.")

    run(added())


@users.command("list")
@json_option
@data_option
def list_users(*, as_json: bool, data: Path | None) -> None:
    """List all users, by id."""

    async def listed() -> None:
        async with store_in(data) as netra:
            everyone = await netra.users()
        if as_json:
            shown = [{"id": u.id, "email": u.email, "name": u.name, "role": u.role} for u in everyone]
            say_json(shown)
            return
        for user in everyone:
            say(f"{user.id:>4}  {user.email}  {user.name}  {user.role}")
        if not everyone:
            say("There is no user yet; add one with 'netra users add'.", err=True)

    run(listed())


@users.command()
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@data_option
def passwd(*, email: str, password_stdin: bool, data: Path | None) -> None:
    """Change the password of EMAIL; all sessions of the user end, API keys stay valid."""
    password = _password(from_stdin=password_stdin)

    async def changed() -> None:
        async with store_in(data) as netra:
            user = await owner_in(netra, email=email)
            left = await netra.set_password(user, password)
            say(f"Changed the password of {user.email}; all sessions of the user have ended.")
            if left:
                works = "works" if left == 1 else "work"
                say(f"{count(left, 'API key')} of the user still {works}. To revoke all of them:", err=True)
                say(f"  netra keys revoke --all --email {user.email}", err=True)

    run(changed())


@users.command()
@click.argument("email")
@data_option
def disable(*, email: str, data: Path | None) -> None:
    """Disable the account of EMAIL: its sessions, keys and sign-ins are no longer accepted."""

    async def disabled() -> None:
        async with store_in(data) as netra:
            user = await owner_in(netra, email=email)
            await netra.disable_user(user)
            say(f"Disabled {user.email}.")

    run(disabled())


def _password(*, from_stdin: bool) -> str:
    """Return the password, without the newline that `echo` appends."""
    if not from_stdin:
        if not sys.stdin.isatty():
            raise click.UsageError("Pass the password on standard input, and add --password-stdin.")
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    password = sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    if not password:
        raise click.UsageError("There is no password on standard input.")
    return password
