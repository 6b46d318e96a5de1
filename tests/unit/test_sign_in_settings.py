"""Settings of sign-in by an identity provider, and what a start without its packages says."""

import subprocess
import sys

import pytest
from tests.waiting import COMMAND_S

from netra.settings import SettingsRefused, settings_from

BOTH = {"NETRA_GOOGLE_CLIENT_ID": "id", "NETRA_GOOGLE_CLIENT_SECRET": "a client secret"}


def test_the_callback_is_where_browsers_reach_this_deployment() -> None:
    assert settings_from({}).callback_url == "http://127.0.0.1:8000/api/auth/google/callback"
    behind_proxy = settings_from({"NETRA_PUBLIC_URL": "https://api.example.com/"})
    assert behind_proxy.callback_url == "https://api.example.com/api/auth/google/callback"


def test_a_list_of_pages_is_read_as_written() -> None:
    pages = "https://app.example.com/in, http://localhost:3000/in"
    settings = settings_from({**BOTH, "NETRA_OAUTH_REDIRECTS": pages})
    assert settings.oauth_redirects == ("https://app.example.com/in", "http://localhost:3000/in")
    assert "a client secret" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("NETRA_GOOGLE_CLIENT_ID", "id"),
        ("NETRA_GOOGLE_CLIENT_SECRET", "a client secret"),
        ("NETRA_OIDC_ISSUER", "http://accounts.example.com"),
        ("NETRA_OIDC_ISSUER", "accounts.example.com"),
        ("NETRA_OAUTH_REDIRECTS", "http://app.example.com/in"),
        ("NETRA_OAUTH_REDIRECTS", "https://app.example.com/in#part"),
        ("NETRA_OAUTH_REDIRECTS", "app.example.com"),
        ("NETRA_PUBLIC_URL", "api.example.com"),
        ("NETRA_CORS_ORIGINS", "*"),
        ("NETRA_CORS_ORIGINS", "https://app.example.com, https://*"),
        ("NETRA_CORS_ORIGINS", "https://*.example.com"),
        ("NETRA_WEBSOCKET_ORIGINS", "*"),
        ("NETRA_WEBSOCKET_ORIGINS", "https://*.example.com"),
    ],
)
def test_what_would_be_unsafe_refuses_to_start(name: str, text: str) -> None:
    with pytest.raises(SettingsRefused, match=name) as refused:
        settings_from({name: text})
    assert "a client secret" not in str(refused.value)


@pytest.mark.system
@pytest.mark.parametrize("package", ["authlib", "joserfc"])
def test_a_start_without_the_extra_names_it(package: str) -> None:
    program = (
        "import sys\n"
        f"sys.modules[{package!r}] = None\n"
        "from netra.bootstrap.memory import memory_ports\n"
        "from netra.settings import SettingsRefused, settings_from\n"
        "assert memory_ports(settings_from({})).identity_provider is None\n"
        "try:\n"
        f"    memory_ports(settings_from({BOTH!r}))\n"
        "except SettingsRefused as error:\n"
        "    print(error)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=COMMAND_S
    )
    assert "python -m pip install '.[google]'" in ran.stdout, ran.stderr
    assert package in ran.stdout
