"""What a data store raises that is down, starting, or too slow: foreseen, and answered as a 503."""

from typing import Final

import psycopg
from redis.exceptions import (
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

DOWN: Final = (
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    TryAgainError,
    RedisConnectionError,
    RedisTimeoutError,
    psycopg.OperationalError,
)
"""`ReadOnlyError`: a primary that has just become a replica."""
