"""Types for the part of the vendors' packages that is used here, which they do not declare themselves."""

import io
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, Final, Protocol, cast

from clickhouse_connect.driver.exceptions import ClickHouseError, Error
from urllib3.exceptions import HTTPError

CONNECT_S: Final = 2.0
NO_TABLE: Final = 60  # UNKNOWN_TABLE
LOST: Final = HTTPError  # raised when the connection ends before the answer

# Any: one package has no types, the other has only some
arrow: Final[Any] = import_module("pyarrow")
_driver: Final[Any] = import_module("clickhouse_connect")
_pools: Final[Any] = import_module("clickhouse_connect.driver.httputil")


class Client(Protocol):
    """The requests that are used; each blocks, and they are thread-safe."""

    def command(self, cmd: str, parameters: Mapping[str, object] | None = None) -> object:
        """Run a statement that returns at most one value."""
        ...

    def raw_query(
        self,
        query: str,
        parameters: Mapping[str, object] | None = None,
        settings: Mapping[str, object] | None = None,
        fmt: str | None = None,
    ) -> bytes:
        """Return the answer in the format `fmt`."""
        ...

    def raw_stream(
        self,
        query: str,
        parameters: Mapping[str, object] | None = None,
        settings: Mapping[str, object] | None = None,
        fmt: str | None = None,
    ) -> AbstractContextManager[io.IOBase]:
        """Return the answer as a stream."""
        ...

    def raw_insert(
        self,
        table: str,
        column_names: Sequence[str],
        insert_block: bytes,
        settings: Mapping[str, object],
        fmt: str,
    ) -> object:
        """Insert rows encoded in the format `fmt`."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


# The server's error codes for rows that it can never store, as opposed to transient failures.
_OF_THE_DATA: Final = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        53,  # TYPE_MISMATCH
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        117,  # INCORRECT_DATA
        131,  # TOO_LARGE_STRING_SIZE
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        395,  # FUNCTION_THROW_IF_VALUE_IS_NON_ZERO: a constraint added by the operator
        469,  # VIOLATED_CONSTRAINT
    }
)
REASON_MAX: Final = 300  # characters


def refusal_of(error: ClickHouseError) -> str | None:
    """Return why the rows can never be stored, or None when the error is not about them."""
    if not isinstance(error, Error) or error.code not in _OF_THE_DATA:
        return None
    return f"{error.name or 'refused'}: {error}"[:REASON_MAX]


def connected(url: str, *, silence_s: float, connections: int) -> Client:
    """Return a client that has connected to the server; blocks. Raises the vendor's errors."""
    if url.startswith("chdb:"):
        return cast("Client", _driver.get_client(dsn=url))
    made = _driver.get_client(
        dsn=url,
        autogenerate_session_id=False,  # a session would allow one request at a time
        connect_timeout=CONNECT_S,
        send_receive_timeout=silence_s,
        form_encode_query_params=True,  # ten thousand ids do not fit in a URL
        pool_mgr=_pools.get_pool_manager(maxsize=connections),
    )
    return cast("Client", made)
