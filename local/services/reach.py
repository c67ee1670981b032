"""Data stores that somebody else runs: whether they answer, before anything is built on them."""

import psycopg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from local.services.errors import ServiceError

_CONNECT = 5
"""Seconds."""


async def reach_database(url: str) -> None:
    """Log in to the PostgreSQL of `DATABASE_URL`.

    Raises:
        ServiceError: It does not answer or does not let us in.
    """
    plain = url.replace("+psycopg://", "://", 1)
    try:
        connection = await psycopg.AsyncConnection.connect(plain, connect_timeout=_CONNECT)
    except psycopg.ProgrammingError:
        # The driver's text repeats what it cannot read, password and all.
        raise ServiceError("DATABASE_URL is no URL of PostgreSQL.") from None
    except psycopg.Error as error:
        raise ServiceError(f"DATABASE_URL cannot be reached: {_first_line(error)}.") from error
    await connection.close()


async def reach_redis(url: str) -> None:
    """Ask the Redis or Valkey of `REDIS_URL` for a sign of life.

    Raises:
        ServiceError: It does not answer or does not let us in.
    """
    try:
        async with Redis.from_url(
            url, socket_connect_timeout=_CONNECT, socket_timeout=_CONNECT
        ) as redis:
            await redis.ping()
    except (RedisError, OSError, ValueError) as error:
        raise ServiceError(f"REDIS_URL cannot be reached: {_first_line(error)}.") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
