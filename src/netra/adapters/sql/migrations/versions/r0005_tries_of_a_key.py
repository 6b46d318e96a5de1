"""The last try at a request with an idempotency key, beside the first.

Of the keys that are known, those without an answer are of requests that died with the version before.
"""

from alembic import op
from sqlalchemy import BigInteger, Column

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column; no try goes on."""
    op.add_column("replays", Column("tried_at", BigInteger))
