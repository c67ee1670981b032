"""The Redis (or Valkey) client of this container."""

from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError

from hub_core.adapters.runtime import at_close, kept
from hub_core.adapters.settings import settings

TIMEOUT_SEC: Final = 1.0
"""For connecting and for a reply. A store that is down is told to the client as 503, soon."""


@kept
def redis() -> Redis:
    """Opened at the first command, kept warm, quietly reopened after a dropped connection."""
    client = Redis.from_url(
        settings().redis_url.get_secret_value(),
        socket_connect_timeout=TIMEOUT_SEC,
        socket_timeout=TIMEOUT_SEC,
        retry=Retry(ExponentialBackoff(cap=0.1, base=0.01), retries=1),
        # After a failover the connection leads to a replica; anew, to whatever bears the name now.
        retry_on_error=[RedisConnectionError, RedisTimeoutError, ReadOnlyError],
    )
    at_close(client.aclose)
    return client
