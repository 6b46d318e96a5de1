"""The script that alembic runs for each command.

The connection comes from `runner`, within its transaction. A script generation has no connection, only a
dialect's name.
"""

from alembic import context

from netra.adapters.sql.operations_schema import metadata

if context.is_offline_mode():
    context.configure(dialect_name=context.config.attributes["dialect"], literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    context.run_migrations()
