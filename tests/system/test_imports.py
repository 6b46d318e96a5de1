"""A command imports the packages that it uses, and no others."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from netra.entrypoints.cli import COMMANDS

pytestmark = pytest.mark.system

SERVICE = {
    "sqlalchemy",
    "alembic",
    "litestar",
    "uvicorn",
    "websockets",
    "jwt",
    "argon2",
    "dependency_injector",
}
EXTRAS = {"psycopg", "redis", "openai", "authlib", "clickhouse_connect", "pyarrow", "httpx"}
REPORTS = {"rich", "matplotlib"}
FILES = {"numpy", "genai_prices", "asyncio", "dotenv"}

PROGRAM = """
import sys
from netra.entrypoints.cli import exit_code
code = exit_code(sys.argv[2:])
print(*sorted(set(sys.argv[1].split(",")) & set(sys.modules)), file=sys.stderr)
sys.exit(code)
"""


def imported(watched: set[str], *arguments: str) -> set[str]:
    """Run a command in a process of its own; return which of the watched packages it imported."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, ",".join(watched), *arguments],
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    )
    return set(ran.stderr.splitlines()[-1].split())


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> str:
    rows = "".join(
        f"2026-11-01T00:{n // 60:02}:{n % 60:02}Z,gpt-4o,{900 + n},{100 + n % 7}\n" for n in range(200)
    )
    path: Path = tmp_path_factory.mktemp("logs") / "calls.csv"
    path.write_text(f"timestamp,model,input_tokens,output_tokens\n{rows}")
    return str(path)


def test_the_help_of_netra_imports_no_data_package() -> None:
    assert imported(SERVICE | EXTRAS | REPORTS | FILES | {"msgspec"}, "--help") == set()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_help_of_a_command_imports_nothing_that_works(command: str) -> None:
    allowed = {"worker": {"asyncio"}}.get(command, set())
    assert imported(SERVICE | EXTRAS | REPORTS | FILES, command, "--help") <= allowed


@pytest.mark.parametrize(
    "arguments",
    [
        ("optimize",),
        ("optimize", "--json"),
        ("simulate", "--to-model", "gpt-4o-mini"),
        ("validate", "prices"),
    ],
    ids=" ".join,
)
def test_an_analysis_of_a_file_imports_no_store_and_no_server(log: str, arguments: tuple[str, ...]) -> None:
    assert imported(SERVICE | EXTRAS | {"matplotlib"}, *arguments, log) == set()


def test_a_report_of_one_file_imports_nothing_that_draws(log: str, tmp_path: Path) -> None:
    page = str(tmp_path / "report.html")
    assert imported(SERVICE | EXTRAS | {"matplotlib"}, "optimize", log, "--html", page) == set()


def test_the_embedded_store_imports_no_technology_that_settings_do_not_name(tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    assert imported(EXTRAS | {"litestar", "matplotlib"}, "users", "list", "--data", store) == set()


def served(watched: set[str], store: Path, **settings: str) -> set[str]:
    """Serve until the greeting, then stop; return which of the watched packages the process imported."""
    command = [sys.executable, "-c", PROGRAM, ",".join(watched), "serve", "--port", "0", "--data", str(store)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **settings},
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert "Netra" in process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=120)
        finally:
            process.kill()
    return set(errors.splitlines()[-1].split())


UNUSED = {"pydantic", "attrs", "watchfiles", "pygments", "cryptography", "matplotlib", "rich", "fastapi"}


def test_a_server_imports_no_package_that_only_its_libraries_look_for(tmp_path: Path) -> None:
    assert served(UNUSED | EXTRAS, tmp_path / "store") == set()


def test_a_server_with_sign_in_by_google_can_check_its_signatures(tmp_path: Path) -> None:
    given = {"NETRA_GOOGLE_CLIENT_ID": "id", "NETRA_GOOGLE_CLIENT_SECRET": "secret"}
    assert {"authlib", "joserfc", "cryptography"} <= served(
        {"authlib", "joserfc", "cryptography"}, tmp_path / "store", **given
    )
