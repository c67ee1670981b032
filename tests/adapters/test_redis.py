"""The Redis client of a container."""

import pytest
import redis as blocking
from redis.exceptions import ConnectionError as RedisConnectionError

from hub_core.adapters import runtime
from hub_core.adapters.redis import redis
from tests.container import Container


async def _set(value: bytes) -> None:
    await redis().set("kept", value)


async def _client_id() -> int:
    return int(await redis().client_id())


def test_a_dropped_connection_is_quietly_reopened(container: Container, redis_url: str) -> None:
    before = container.do(lambda: runtime.run(_client_id()))
    with blocking.Redis.from_url(redis_url) as other:
        other.client_kill_filter(_id=str(before))

        container.do(lambda: runtime.run(_set(b"value")))
        value = other.get("kept")

    assert value == b"value"
    assert container.do(lambda: runtime.run(_client_id())) != before


def test_a_server_that_is_not_there_is_told(
    environment: pytest.MonkeyPatch, container: Container
) -> None:
    environment.setenv("REDIS_URL", "redis://127.0.0.1:9/0")

    with pytest.raises(RedisConnectionError):
        container.do(lambda: runtime.run(_set(b"value")))
