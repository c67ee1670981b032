"""API Gateway: WebSocket API, limits."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close
from websockets.protocol import State

from local.gateway.limits import Limits, read_limit
from local.gateway.token_bucket import TokenBucket
from local.model import SocketRoute
from tests.local.gateways import Served, a_socket_api, served

KIB = 1024


async def close_after(gateway: Served, *messages: object) -> Close:
    """How the gateway closes a connection that says this (an iterable goes out in fragments)."""
    async with connect(gateway.ws, compression=None) as client:
        return await says(client, *messages)


async def says(client: ClientConnection, *messages: object) -> Close:
    """How the gateway closes the connection when it hears this."""
    with suppress(ConnectionClosed):
        for message in messages:
            await client.send(message)  # type: ignore[arg-type]  # text, bytes or fragments
    async with asyncio.timeout(10):
        await client.wait_closed()
    assert client.protocol.close_rcvd
    return client.protocol.close_rcvd


def fragments(size: int, step: int = 32 * KIB) -> Iterator[str]:
    return ("a" * min(step, size - at) for at in range(0, size, step))


async def test_a_frame_of_32_kib_passes_and_one_byte_more_closes_with_1009() -> None:
    async with served({"$default": dict, "$disconnect": dict}) as gateway:
        async with connect(gateway.ws, compression=None) as client:
            await client.send("a" * 32 * KIB)
            event = await gateway.functions.event("$default")

        closed = await close_after(gateway, "a" * (32 * KIB + 1))
        gone = await gateway.functions.event("$disconnect", at=1)
    assert len(event["body"]) == 32 * KIB
    assert closed.code == gone["requestContext"]["disconnectStatusCode"] == 1009


async def test_a_message_of_128_kib_passes_in_frames_and_one_byte_more_closes_with_1009() -> None:
    async with served({"$default": dict}) as gateway:
        async with connect(gateway.ws, compression=None) as client:
            await client.send(fragments(128 * KIB))
            event = await gateway.functions.event("$default")

        closed = await close_after(gateway, fragments(128 * KIB + 1))
    assert len(event["body"]) == 128 * KIB
    assert closed.code == 1009


async def test_a_two_way_route_sends_no_more_than_128_kib_back() -> None:
    def answer(event: dict[str, Any]) -> dict[str, Any]:
        return {"statusCode": 200, "body": "x" * int(event["body"])}

    sockets = a_socket_api(SocketRoute("$default", "$default", two_way=True))
    async with (
        served({"$default": answer}, sockets=sockets) as gateway,
        connect(gateway.ws, max_size=None) as client,
    ):
        async with asyncio.timeout(10):
            await client.send(str(128 * 1024))
            whole = await client.recv()
            await client.send(str(128 * 1024 + 1))
            refused = str(await client.recv())

    assert len(whole) == 128 * 1024
    assert refused.startswith('{"message": "Internal server error", "connectionId":"')


async def test_a_compressed_frame_counts_by_what_it_holds() -> None:
    async with served({"$default": dict}) as gateway, connect(gateway.ws) as client:
        closed = await says(client, "a" * 200 * KIB)

    assert closed.code == 1009


async def test_a_ping_is_answered_and_reaches_no_function() -> None:
    async with served({"$default": dict}) as gateway, connect(gateway.ws) as client:
        await (await client.ping(b"are you there?"))

        called = gateway.functions.events
    assert called == []


async def test_a_binary_frame_closes_with_1003() -> None:
    async with served({"$default": dict}) as gateway:
        closed = await close_after(gateway, b"binary")

        called = gateway.functions.events
    assert closed.code == 1003
    assert called == []


async def test_an_idle_connection_is_sent_away() -> None:
    limits = replace(Limits(), idle=timedelta(milliseconds=50))
    async with served({"$disconnect": dict}, limits=limits) as gateway:
        closed = await close_after(gateway)
        event = await gateway.functions.event("$disconnect")

    assert (closed.code, closed.reason) == (1001, "Going away")
    context = event["requestContext"]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (1001, "Going away")


@pytest.mark.parametrize("who", ["client", "gateway"])
async def test_a_talking_connection_is_not_idle(who: str) -> None:
    limits = replace(Limits(), idle=timedelta(seconds=1.5))
    async with served({"$default": dict}, limits=limits) as gateway, connect(gateway.ws) as client:
        clock = asyncio.get_running_loop().time
        began = clock()
        while clock() - began < 2 * limits.idle.total_seconds():
            if who == "client":
                await says_something(client)
            else:
                await hears_something(gateway, client)
            await asyncio.sleep(0.1)

        assert client.state is State.OPEN


async def test_a_talking_connection_ends_with_its_longest_life() -> None:
    limits = replace(Limits(), connection=timedelta(seconds=0.3))
    async with served({"$default": dict}, limits=limits) as gateway, connect(gateway.ws) as client:
        while client.state is State.OPEN:
            await says_something(client)
            await asyncio.sleep(0.1)

        closed = await says(client)
    assert (closed.code, closed.reason) == (1001, "Going away")


async def hears_something(gateway: Served, client: ClientConnection) -> None:
    for socket in gateway.gateway.connections.values():
        socket.send(b"{}")
    with suppress(ConnectionClosed):
        await client.recv()


async def says_something(client: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        await client.send("{}")


async def test_a_time_scale_shortens_the_lives_of_connections_and_nothing_else() -> None:
    scaled = Limits().scaled(0.01)

    assert scaled.connection == timedelta(seconds=72)
    assert scaled.idle == timedelta(seconds=6)
    assert scaled.integration(timedelta(seconds=10)) == timedelta(seconds=10)
    assert (scaled.frame, scaled.connects_per_second) == (32 * KIB, 500)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("frame=1024", ("frame", 1024)),
        ("idle=2.5", ("idle", timedelta(seconds=2.5))),
        ("http_integration=1", ("http_integration", timedelta(seconds=1))),
    ],
)
def test_a_limit_can_be_another(text: str, read: object) -> None:
    assert read_limit(text) == read


@pytest.mark.parametrize(
    "text", ["frames=1", "frame=many", "frame=0", "frame=-1", "idle=-1", "idle=x", "time_scale=1"]
)
def test_what_is_no_limit_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"there is no limit|is no number|more than 0"):
        read_limit(text)


async def test_more_connections_a_second_than_allowed_are_429() -> None:
    limits = replace(Limits(), connects_per_second=2)
    async with served({"$default": dict}, limits=limits) as gateway:
        attempts = [connect(gateway.ws) for _ in range(6)]
        results = await asyncio.gather(*attempts, return_exceptions=True)

        for client in results:
            if not isinstance(client, BaseException):
                await client.close()
    refused = [each for each in results if isinstance(each, InvalidStatus)]
    assert {each.response.status_code for each in refused} == {429}
    assert 2 <= len(results) - len(refused) <= 4


def test_a_bucket_fills_at_its_rate_and_no_higher() -> None:
    now = [0.0]
    bucket = TokenBucket(2, lambda: now[0])

    at_once = [bucket.take() for _ in range(3)]
    now[0] = 0.5
    after_half_a_second = [bucket.take() for _ in range(2)]
    now[0] = 100
    after_a_pause = [bucket.take() for _ in range(3)]

    assert at_once == [True, True, False]
    assert after_half_a_second == [True, False]
    assert after_a_pause == [True, True, False]


async def test_a_url_over_4096_characters_is_refused() -> None:
    async with served({"$default": dict}) as gateway:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{gateway.ws}?q={'a' * 4096}")
        async with connect(f"{gateway.ws}?q={'a' * 4000}"):
            pass

    assert refused.value.response.status_code == 414
