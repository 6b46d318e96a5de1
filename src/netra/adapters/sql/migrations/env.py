"""What alembic runs for each command; the connection comes from `runner`, in its transaction."""

from alembic import context

from netra.adapters.sql.identity_schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
