"""Alembic's entry: runs the history on the connection that ``sync_server.db.migrate`` hands over."""

from alembic import context

from sync_server.db.tables import all_metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=all_metadata(),
    transaction_per_migration=False,
    compare_type=True,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
