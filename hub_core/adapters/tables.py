"""SQLAlchemy: what all tables share, the engine, and where a transaction begins and ends."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from sqlalchemy import CHAR, DateTime, Enum, MetaData, make_url
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, mapped_column

from hub_core.adapters.postgres import CONNECT_TIMEOUT_SEC
from hub_core.adapters.runtime import at_close, kept
from hub_core.adapters.settings import settings

_AFTERWARDS: Final = "afterwards"


def enum_column(values: type[StrEnum], name: str) -> Enum:
    """A PostgreSQL enum that stores the values (`guest`), not the Python names (`GUEST`)."""
    return Enum(values, name=name, values_callable=lambda e: [member.value for member in e])


Ulid = Annotated[str, mapped_column(CHAR(26, collation="C"))]
"""26 characters of Crockford base32, compared byte by byte so that they sort by time."""


class Table(DeclarativeBase):
    """The parent of every row class. Nothing loads lazily; names of constraints are fixed."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012 (SQLAlchemy's name)


@kept
def engine() -> AsyncEngine:
    """This container's engine: one connection, opened at the first query and kept.

    A container handles one event at a time, so one connection is all that it can use. No prepared
    statements: RDS Proxy and PgBouncer would pin the connection to them.
    """
    opened = create_async_engine(
        make_url(settings().database_url.get_secret_value()).set(drivername="postgresql+psycopg"),
        pool_size=1,
        max_overflow=0,
        pool_pre_ping=True,
        # A failed statement's parameters would otherwise stand in the text of the exception.
        hide_parameters=True,
        connect_args={"prepare_threshold": None, "connect_timeout": CONNECT_TIMEOUT_SEC},
    )
    at_close(opened.dispose)
    return opened


@kept
def _sessions() -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine(), expire_on_commit=False)


@asynccontextmanager
async def transaction() -> AsyncIterator[AsyncSession]:
    """One transaction: committed when the block ends well, rolled back when it does not.

    What `afterwards` was told comes then, in order.
    """
    async with _sessions().begin() as session:
        yield session
    for step in session.info.get(_AFTERWARDS, ()):
        await step()


def afterwards(session: AsyncSession, step: Callable[[], Awaitable[None]]) -> None:
    """Have `step` awaited once the transaction is committed; never, if it is not.

    For telling others what is true now. If it fails, so does the request, and what was committed
    stays: a step may be repeated.
    """
    session.info.setdefault(_AFTERWARDS, []).append(step)
