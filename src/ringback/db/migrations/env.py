"""Alembic's entry: runs the migrations on the connection, and in the transaction, that ``db/migrate.py`` opened."""

from alembic import context

from ringback.db.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite changes a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
