"""A PostgreSQL that cannot be opened: one sentence that names the setting, and never a password."""

import psycopg
import pytest

from netra.adapters.sql.postgres.postgres_stores import PostgresSchema, place_of, reason_of
from netra.domain.errors import Unavailable


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://ada:hidden@127.0.0.1:1/netra", "no server listens there; start the server"),
        ("postgresql://ada:hidden@127.0.0.1:1x/netra", "its port is not a number"),
        ("postgresql://ada:hid/den@127.0.0.1/netra", "its host is unknown; correct the host"),
        ("postgresql://ada:hidden@[::1/netra", "must be an address such as postgresql://user:password@host"),
        ("postgresql://ada:hid%den@127.0.0.1/netra", "with %40 for an @ in the password"),
    ],
)
def test_the_sentence_names_the_setting_and_says_what_to_do(url: str, said: str) -> None:
    with pytest.raises(Unavailable) as caught:
        PostgresSchema(url).revision()
    assert said in str(caught.value)
    assert "NETRA_DATABASE_URL" in str(caught.value)
    assert "hid" not in str(caught.value)


@pytest.mark.parametrize(
    ("driver", "said"),
    [
        (
            'FATAL: password authentication failed for user "ada"',
            "rejects the user name or password",
        ),
        ('FATAL: database "nowhere" does not exist', "no such database or user; create it"),
        ("connection timeout expired", "no answer within 2 s"),
        ("anything else: hidden", "the server refused the connection; its log says why"),
    ],
)
def test_what_the_server_says_is_put_in_words_of_ours(driver: str, said: str) -> None:
    assert said in reason_of(psycopg.OperationalError(driver))


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://ada:hidden@db.example.com/netra", "database 'netra' at db.example.com:5432"),
        ("postgresql://ada:hidden@127.0.0.1:6000/", "database 'ada' at 127.0.0.1:6000"),
        ("postgres:///netra?host=/run/pg", "database 'netra' at /run/pg:5432"),
    ],
)
def test_the_place_names_database_and_server_without_the_password(url: str, place: str) -> None:
    assert place_of(url) == PostgresSchema(url).place == f"PostgreSQL, {place}"
