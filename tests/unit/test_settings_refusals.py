"""A setting that cannot be used is refused in one sentence that names it, and never with its secret."""

import pytest

from netra.settings import SettingsRefused, settings_from


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("NETRA_PORT", "x", "NETRA_PORT cannot be 'x': expected `int`"),
        ("NETRA_PORT", "99999", "NETRA_PORT cannot be '99999': expected `int` <= 65535"),
        ("NETRA_REGISTRATION", "perhaps", "NETRA_REGISTRATION cannot be 'perhaps': expected `bool`"),
        ("NETRA_LANGUAGE_MODEL_API", "soap", "NETRA_LANGUAGE_MODEL_API cannot be 'soap'"),
        ("NETRA_LOG_LEVEL", "loud", "NETRA_LOG_LEVEL cannot be 'loud'"),
        ("NETRA_DATA", "", "NETRA_DATA cannot be '': expected the path of a folder"),
        ("NETRA_DATABASE_URL", "mysql://a:hidden@h/x", "NETRA_DATABASE_URL must be an address such as"),
        (
            "NETRA_DATABASE_URL",
            "postgresql://a:hidden@[::1/x",
            "NETRA_DATABASE_URL must be an address such as",
        ),
        ("NETRA_REDIS_URL", "redis://:hidden@[::1/0", "NETRA_REDIS_URL must be an address such as"),
        ("NETRA_REDIS_URL", "redis://:hidden@h:port/0", "NETRA_REDIS_URL must be an address such as"),
        ("NETRA_CLICKHOUSE_URL", "http://", "NETRA_CLICKHOUSE_URL must be an address such as"),
        (
            "NETRA_CLICKHOUSE_URL",
            "http://a:hidden@h:999999/x",
            "NETRA_CLICKHOUSE_URL must be an address such as",
        ),
        ("NETRA_CLICKHOUSE_URL", "chdb:", "NETRA_CLICKHOUSE_URL must be an address such as"),
        ("NETRA_PUBLIC_URL", "http://[x", "NETRA_PUBLIC_URL must be an address such as"),
        ("NETRA_PUBLIC_URL", "http://x:port", "NETRA_PUBLIC_URL must be an address such as"),
        ("NETRA_OIDC_ISSUER", "http://[x", "NETRA_OIDC_ISSUER must be an https address"),
        ("NETRA_OAUTH_REDIRECTS", "https://[x", "NETRA_OAUTH_REDIRECTS: 'https://[x'"),
        ("NETRA_LANGUAGE_MODEL_URL", "http://[x", "NETRA_LANGUAGE_MODEL_URL must be an address such as"),
        ("NETRA_SECRET", "hidden", "NETRA_SECRET is shorter than 32 bytes; make one with python -c"),
    ],
)
def test_the_sentence_names_the_variable(variable: str, text: str, said: str) -> None:
    with pytest.raises(SettingsRefused) as caught:
        settings_from({variable: text})
    assert str(caught.value).startswith(said)
    assert "hidden" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("NETRA_DATABASE_URL", "postgresql://a@h1:1,h2:2/x"),
        ("NETRA_DATABASE_URL", "postgresql:///x?host=/run/pg"),
        ("NETRA_REDIS_URL", "unix:///run/redis.sock"),
        ("NETRA_CLICKHOUSE_URL", "chdb:///folder"),
        ("NETRA_LOG_LEVEL", "debug"),
    ],
)
def test_an_address_of_every_form_is_taken(variable: str, text: str) -> None:
    assert settings_from({variable: text})
