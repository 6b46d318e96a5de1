"""Settings are read once and refuse nonsense in one sentence."""

from pathlib import Path
from typing import Any

import pytest

from netra.settings import Secret, Settings, SettingsRefused, settings_from


def test_without_variables_the_defaults_hold() -> None:
    assert settings_from({"PATH": "/bin"}) == Settings()


def test_variables_give_every_kind_of_value() -> None:
    settings = settings_from(
        {
            "NETRA_PORT": "9000",
            "NETRA_DATA": "store/here",
            "NETRA_REGISTRATION": "true",
            "NETRA_CORS_ORIGINS": "https://a.example, https://b.example,",
            "NETRA_SECRET": "s" * 32,
            "NETRA_LIMIT_AGENT": "7",
            "NETRA_MAX_MESSAGE_LENGTH": "500",
        }
    )
    assert (settings.port, settings.data, settings.registration) == (9000, Path("store/here"), True)
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert settings.rate_limits.agent == 7
    assert settings.quotas.max_message_length == 500
    assert settings.secret is not None
    assert settings.secret.reveal() == "s" * 32


def test_an_argument_goes_over_a_variable_and_none_means_not_given() -> None:
    assert settings_from({"NETRA_PORT": "9000"}, port=1234, host=None).port == 1234


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"NETRA_PROT": "1"}, "NETRA_PROT is no setting"),
        ({"NETRA_PORT": "high"}, "NETRA_PORT"),
        ({"NETRA_PORT": "70000"}, "NETRA_PORT"),
        ({"NETRA_SECRET": "short"}, "NETRA_SECRET is shorter than 32 bytes"),
        ({"NETRA_PREVIOUS_SECRET": "short"}, "NETRA_PREVIOUS_SECRET"),
        ({"NETRA_ENVIRONMENT": "production"}, "NETRA_SECRET must be set"),
    ],
)
def test_nonsense_is_refused_in_a_sentence_that_names_it(variables: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsRefused, match=says):
        settings_from(variables)


@pytest.mark.parametrize("name", ["NETRA_API_KEY", "NETRA_BASE_URL"])
def test_the_variables_of_the_sdks_are_ignored(name: str) -> None:
    assert settings_from({name: "nk_not-a-setting"}) == settings_from({})


def test_a_value_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(SettingsRefused, match="Path"):
        settings_from({}, data=3)


def test_a_secret_does_not_print_itself() -> None:
    secret = Secret("hunter2-hunter2-hunter2-hunter2-")
    assert "hunter2" not in f"{secret} {secret:>40} {secret!r} {Settings(secret=secret)!r}"
    assert secret.reveal().startswith("hunter2")


def test_variables_of_the_tests_are_left_to_them() -> None:
    assert settings_from({"NETRA_TEST_POSTGRES_URL": "x"}) == Settings()


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("DATABASE", "postgresql://someone:hunter2@host/netra", "mysql://someone:hunter2@host/netra"),
        ("REDIS", "rediss://:hunter2@host:6380/1", "memcached://:hunter2@host"),
        ("CLICKHOUSE", "https://someone:hunter2@host:8443/netra", "clickhouse://someone:hunter2@host/netra"),
    ],
)
def test_an_address_of_another_engine_is_refused_and_none_is_repeated(name: Any, good: Any, bad: Any) -> None:
    with pytest.raises(SettingsRefused, match=f"NETRA_{name}_URL must be") as refused:
        settings_from({f"NETRA_{name}_URL": bad})
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(settings_from({f"NETRA_{name}_URL": good}))


def test_trusted_proxies_are_addresses_and_networks() -> None:
    text = "10.0.0.1, 10.1.0.0/16, 2001:db8::/32, ::1, ::ffff:10.2.0.1"
    assert settings_from({"NETRA_TRUSTED_PROXIES": text}).trusted_proxies == tuple(text.split(", "))


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("*", "any client could choose its address"),
        ("0.0.0.0/0", "any client could choose its address"),
        ("::/0", "any client could choose its address"),
        ("proxy.example.com", "an IP address or network"),
        ("localhost", "an IP address or network"),
        ("10.0.0.1, 10.0.0.1/8", "10.0.0.0/8"),
        ("10.0.0.0/33", "an IP address or network"),
        ("10.0.0.1:8080", "an IP address or network"),
    ],
)
def test_a_trusted_proxy_that_would_match_nothing_or_everything_refuses_to_start(
    text: str, advice: str
) -> None:
    with pytest.raises(SettingsRefused, match="NETRA_TRUSTED_PROXIES") as refused:
        settings_from({"NETRA_TRUSTED_PROXIES": text})
    assert advice in str(refused.value)
    assert repr(text.rpartition(" ")[2]) in str(refused.value)


def test_a_sign_in_may_always_return_to_the_console_of_this_service() -> None:
    assert Settings(port=9000).sign_in_pages == ("http://127.0.0.1:9000/console/",)
    given = Settings(public_url="https://a.example/", oauth_redirects=("https://b.example/in",))
    assert given.sign_in_pages == ("https://b.example/in", "https://a.example/console/")
    assert Settings(console=False).sign_in_pages == ()
