"""Run by Alembic for each of its commands: one connection, one transaction, one node at a time."""

from typing import Final

from alembic import context
from sqlalchemy import NullPool, create_engine, make_url, text

from infra.schema import METADATA

LOCK: Final = 0x4875624D  # "HubM"; any number will do that nobody else locks
LOCK_TIMEOUT: Final = "5s"
"""A table that is busy for longer fails the migration, instead of the product queueing behind."""


def show() -> None:
    """Write the SQL instead of running it."""
    context.configure(dialect_name="postgresql", target_metadata=METADATA, literal_binds=True)
    context.run_migrations()


def run() -> None:
    """Wait for other nodes, then run what is left to run, all or nothing."""
    url = make_url(context.config.attributes["database_url"])
    engine = create_engine(url.set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.begin() as connection:
        # The role's bounds are for requests: another node's migration may take its time, and ours.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        context.configure(connection=connection, target_metadata=METADATA, compare_type=True)
        context.run_migrations()


if context.is_offline_mode():
    show()
else:
    run()
