"""Alembic's entry: runs the history on the connection that ``desktop.replica.migrations`` hands over."""

from alembic import context

from desktop.replica.schema import METADATAS

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=list(METADATAS),
    transaction_per_migration=False,
    render_as_batch=True,
    compare_type=True,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
