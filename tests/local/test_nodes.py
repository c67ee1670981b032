"""API Gateway on several nodes: one gateway, wherever a connection is held."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import connect

from local.gateway.exchange import Request
from local.gateway.nodes import Nodes
from tests.local.gateways import Served, served
from tests.local.test_connections_api import ROUTES, calls, client_for, connection_id


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client
        await client.flushall()


@pytest.fixture
async def two(redis: Redis, redis_url: str) -> AsyncIterator[tuple[Served, Served]]:
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(served(ROUTES, redis_url=redis_url))
        there = await stack.enter_async_context(served(ROUTES, redis_url=redis_url))
        yield here, there


async def test_a_post_reaches_a_connection_on_another_node(two: tuple[Served, Served]) -> None:
    here, there = two
    async with connect(there.ws) as client:
        own = await connection_id(there)

        await calls(client_for(here).post_to_connection, ConnectionId=own, Data="ü".encode())
        found = await calls(client_for(here).get_connection, ConnectionId=own)

        assert await client.recv() == "ü"
    assert found["Identity"]["SourceIp"] == "127.0.0.1"


async def test_the_refusals_of_another_node_come_through(two: tuple[Served, Served]) -> None:
    here, there = two
    async with connect(there.ws):
        own = await connection_id(there)
    await there.functions.event("$disconnect")
    management = client_for(here)

    with pytest.raises(management.exceptions.GoneException):
        await calls(management.post_to_connection, ConnectionId=own, Data=b"x")


async def test_the_connections_of_a_node_that_left_are_gone(two: tuple[Served, Served]) -> None:
    here, there = two
    async with connect(there.ws):
        own = await connection_id(there)
        await there.gateway.stop(within=1)
        management = client_for(here)

        with pytest.raises(management.exceptions.GoneException):
            await calls(management.post_to_connection, ConnectionId=own, Data=b"x")


async def test_a_node_that_died_leaves_nothing_behind_after_its_lease(
    two: tuple[Served, Served], redis: Redis
) -> None:
    (name, *_) = [key async for key in redis.scan_iter("gateway:*:node:*")]

    lease = await redis.pttl(name)

    assert 0 < lease <= 6000


async def test_a_node_takes_no_orders_from_a_stranger(two: tuple[Served, Served]) -> None:
    here, there = two
    async with connect(there.ws):
        own = await connection_id(there)
        stranger = client_for(here, aws_secret_access_key="guessed")

        with pytest.raises(stranger.exceptions.ClientError, match="signature"):
            await calls(stranger.post_to_connection, ConnectionId=own, Data=b"x")


async def test_a_tag_that_leads_astray_is_gone_after_one_step(
    two: tuple[Served, Served], redis: Redis
) -> None:
    here, there = two
    prefix = await anext(key async for key in redis.scan_iter("gateway:*:secret"))
    await redis.set(prefix.replace("secret", "node:AAAA"), there.url)
    management = client_for(here)

    with pytest.raises(management.exceptions.GoneException):
        await calls(management.post_to_connection, ConnectionId="AAAA" + "b" * 11 + "=", Data=b"x")


async def test_a_node_under_two_names_passes_nothing_on_to_itself(
    two: tuple[Served, Served], redis: Redis
) -> None:
    here, there = two
    prefix = await anext(key async for key in redis.scan_iter("gateway:*:secret"))
    alias = there.url.replace("127.0.0.1", "localhost")
    assert alias != there.url
    await redis.set(prefix.replace("secret", "node:AAAA"), alias)
    management = client_for(here)

    with pytest.raises(management.exceptions.GoneException):
        await calls(management.post_to_connection, ConnectionId="AAAA" + "b" * 11 + "=", Data=b"x")


async def test_a_connection_of_one_s_own_is_looked_for_nowhere_else(redis_url: str) -> None:
    visits: list[object] = []
    async with await asyncio.start_server(lambda *visit: visits.append(visit), "127.0.0.1") as door:
        port = door.sockets[0].getsockname()[1]
        nodes = Nodes(redis_url, "alone")
        await nodes.join(f"http://127.0.0.1:{port}")
        post = Request("POST", "/@connections/x", "", [], b"x", "127.0.0.1")

        answer = await nodes.forward(post, nodes.new_connection_id())

        await nodes.leave()
    assert (answer, visits) == (None, [])


async def test_many_posts_at_once_arrive_each_once(two: tuple[Served, Served]) -> None:
    here, there = two
    async with connect(there.ws) as client:
        own = await connection_id(there)
        management = client_for(here)

        await asyncio.gather(
            *(
                calls(management.post_to_connection, ConnectionId=own, Data=str(n).encode())
                for n in range(50)
            )
        )

        heard = [await client.recv() for _ in range(50)]
    assert sorted(map(int, heard)) == list(range(50))
