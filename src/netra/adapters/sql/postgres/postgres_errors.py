"""Translates the driver's errors into the domain's, and decides which transactions may be retried."""

from collections.abc import Generator
from contextlib import contextmanager

from psycopg import Error, IntegrityError, OperationalError
from psycopg.errors import DeadlockDetected, SerializationFailure
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from netra.adapters.sql.postgres.attempt import Attempt
from netra.domain.errors import Conflict, Unavailable


def is_safe(error: OperationalError, attempt: Attempt | None) -> bool:
    """Return whether the attempt certainly had no effect, so that it may be retried."""
    if isinstance(error, DeadlockDetected | SerializationFailure):
        return True
    if isinstance(error, PoolTimeout | PoolClosed | TooManyRequests) or error.sqlstate is not None:
        return False  # the server is unreachable, or a retry would fail the same way
    return attempt is None or not attempt.is_committing


@contextmanager
def translated() -> Generator[None]:
    """Translate the driver's errors into the domain's."""
    try:
        yield
    except (PoolTimeout, TooManyRequests, PoolClosed) as error:
        raise Unavailable("The database does not answer; try again in a moment.") from error
    except IntegrityError as error:
        raise Conflict("This contradicts data that is already stored.") from error
    except Error as error:
        raise Unavailable("The database cannot do this now.") from error
