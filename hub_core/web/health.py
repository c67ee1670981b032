"""Whether a meeting could be held: what is down, by name."""

import asyncio
from collections.abc import Awaitable
from typing import Final

import psycopg
from redis.exceptions import RedisError

from hub_core.adapters.postgres import postgres
from hub_core.adapters.redis import redis
from hub_core.adapters.schema import CURRENT, HEAD, serves
from hub_core.kernel.errors import Unavailable

PATIENCE_SEC: Final = 2.0


async def check_ready() -> None:
    """Ask all stores at once.

    Raises:
        Unavailable: its text names each one that is down.
    """
    faults = await asyncio.gather(_postgres_fault(), _redis_fault())
    if down := [fault for fault in faults if fault]:
        raise Unavailable(" ".join(down))


async def _postgres_fault() -> str | None:
    try:
        return await asyncio.wait_for(_schema_fault(), PATIENCE_SEC)
    except psycopg.errors.UndefinedTable:
        return "PostgreSQL has no schema yet: run the migrations."
    except (psycopg.Error, TimeoutError, OSError):
        return "PostgreSQL does not answer."


async def _schema_fault() -> str | None:
    rows = await postgres().run(CURRENT, {})
    if not rows or not serves(rows[0]["version_num"]):
        return f"PostgreSQL is not at revision {HEAD}: run the migrations."
    return None


async def _redis_fault() -> str | None:
    try:
        await asyncio.wait_for(_ping(), PATIENCE_SEC)
    except (RedisError, TimeoutError, OSError):
        return "Redis does not answer."
    return None


async def _ping() -> None:
    pong = redis().ping()
    assert isinstance(pong, Awaitable)
    await pong
