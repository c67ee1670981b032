"""PostgreSQL without SQLAlchemy: one plain psycopg connection per container, for the socket path.

The socket functions run a handful of fixed statements; SQLAlchemy would treble their cold start.
How long a statement may take, the role says (`infra/migrations`): a session's settings get lost
in poolers. One that takes longer is a fault, and answers as `server/unavailable`. The role's times
are UTC: elsewhere the last hours of the year 9999 belong to a year that Python lacks.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, LiteralString, Protocol, TypeVar

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from hub_core.adapters.runtime import at_close, kept
from hub_core.adapters.settings import settings

CONNECT_TIMEOUT_SEC: Final = 5

T = TypeVar("T")


class Run(Protocol):
    """Runs one statement of a transaction; answers with its rows."""

    def __call__(
        self, statement: LiteralString, parameters: Mapping[str, Any]
    ) -> Awaitable[list[dict[str, Any]]]:
        """See `Postgres.run`."""
        ...


class Postgres:
    """One connection, opened at the first statement and reopened when it was lost."""

    def __init__(self, url: str) -> None:
        """Connects to nothing yet; `url` is `postgresql://user:password@host:port/database`."""
        self._url = url
        self._connection: AsyncConnection[DictRow] | None = None
        self._turn = asyncio.Lock()
        """Of those who work side by side, one at a time: a transaction is nobody else's."""

    async def run(
        self, statement: LiteralString, parameters: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """One statement in a transaction of its own; its rows, if it returns some.

        A kept connection may have died while the container was frozen, and only using it tells:
        then the statement runs once more on a new one. So it must be one that may run twice: a
        SELECT, or an INSERT that gives way to what is there (`ON CONFLICT`).

        Raises:
            psycopg.OperationalError: the database is down, or the statement took too long.
        """
        return await self._again_if_lost(lambda: self._run(statement, parameters))

    async def together(self, work: Callable[["Run"], Awaitable[T]]) -> T:
        """Several statements in one transaction: `work` is handed `run`; all counts, or nothing.

        Like a single statement it may be run twice, the first time in vain.

        Raises:
            psycopg.OperationalError: see `run`.
        """
        return await self._again_if_lost(lambda: self._together(work))

    async def aclose(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _again_if_lost(self, work: Callable[[], Awaitable[T]]) -> T:
        async with self._turn:
            kept_from_before = self._connection is not None
            try:
                return await work()
            except psycopg.OperationalError:
                lost = self._connection is None or self._connection.closed
                await self.aclose()
                if not (kept_from_before and lost):
                    raise
            return await work()

    async def _run(
        self, statement: LiteralString, parameters: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        cursor = await (await self._opened()).execute(statement, parameters)
        return await cursor.fetchall() if cursor.description else []

    async def _together(self, work: Callable[["Run"], Awaitable[T]]) -> T:
        async with (await self._opened()).transaction():
            return await work(self._run)

    async def _opened(self) -> AsyncConnection[DictRow]:
        if self._connection is None:
            self._connection = await AsyncConnection.connect(
                self._url,
                autocommit=True,
                prepare_threshold=None,
                connect_timeout=CONNECT_TIMEOUT_SEC,
                row_factory=dict_row,
            )
        return self._connection


@kept
def postgres() -> Postgres:
    """This container's connection."""
    client = Postgres(settings().database_url.get_secret_value())
    at_close(client.aclose)
    return client
