"""`netra worker` with the fence out: its statements no longer ask whether the claim still holds.

No part of the product: it shows that the judge of histories would see a fence that does nothing.
"""

from sqlalchemy import literal_column

from netra.adapters.sql.runs import run_rows
from netra.adapters.sql.schema import IS_RUNNING, runs
from netra.adapters.sql.transactions import param

run_rows.HOLDS = (  # type: ignore[misc]
    runs.c.id == param("run_id"),
    literal_column("0") <= param("held_fence"),
    IS_RUNNING,
)

from netra.entrypoints.cli import main  # noqa: E402  # the statements are built on what is put in its place

if __name__ == "__main__":
    main()
