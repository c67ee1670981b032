"""The shortest way for posts to connections gives the same answers as the long one."""

import asyncio
import time

from websockets.asyncio.client import connect

from local.gateway.exchange import Request
from local.gateway.sigv4 import sign
from tests.local.gateways import CREDENTIALS, Served, served
from tests.local.test_connections_api import ROUTES, connection_id


def signed(
    gateway: Served, connection: str, body: bytes, *more: bytes, seconds_ago: float = 0
) -> bytes:
    """A post as it is on the wire."""
    path = f"/live/@connections/{connection.replace('=', '%3D')}"
    token = (b"x-amz-security-token", (CREDENTIALS.session_token or "").encode())
    host = (b"host", gateway.url.partition("//")[2].encode())
    bare = Request("POST", path, "", [host, token], body, "")
    fields = [host, token, *sign(bare, CREDENTIALS, time.time() - seconds_ago)]
    lines = [f"POST {path} HTTP/1.1".encode(), *(name + b": " + value for name, value in fields)]
    lines += [b"content-length: %d" % len(body), *more]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def dialogue(gateway: Served, *sent: bytes) -> tuple[list[int], bytes]:
    """The statuses of all answers until the server closes, and all of their bytes."""
    reader, writer = await asyncio.open_connection(*gateway.url.partition("//")[2].split(":"))
    for part in sent:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.01)
    async with asyncio.timeout(10):
        told = await reader.read()
    writer.close()
    return [int(each[:3]) for each in told.split(b"HTTP/1.1 ")[1:]], told


async def test_pipelined_posts_are_answered_in_their_order() -> None:
    async with served(ROUTES) as gateway, connect(gateway.ws) as client:
        own = await connection_id(gateway)
        posts = [signed(gateway, own, b"%d" % n) for n in range(3)]
        last = b"GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"

        statuses, _ = await dialogue(gateway, b"".join([*posts, last]))

        heard = [await client.recv() for _ in range(3)]
    assert statuses == [200, 200, 200, 404]
    assert heard == ["0", "1", "2"]


async def test_a_post_in_pieces_is_one_post() -> None:
    async with served(ROUTES) as gateway, connect(gateway.ws) as client:
        post = signed(gateway, await connection_id(gateway), b"a" * 1000, b"connection: close")

        statuses, told = await dialogue(gateway, post[:50], post[50:400], post[400:700], post[700:])

        assert await client.recv() == "a" * 1000
    assert statuses == [200]
    assert b"connection: close" in told


async def test_a_body_that_is_far_too_long_is_413() -> None:
    async with served(ROUTES) as gateway, connect(gateway.ws):
        post = signed(gateway, await connection_id(gateway), b"a" * 2**20, b"connection: close")

        statuses, told = await dialogue(gateway, post)

    assert statuses == [413]
    assert b"PayloadTooLargeException" in told


async def test_a_signature_holds_for_five_minutes() -> None:
    async with served(ROUTES) as gateway, connect(gateway.ws):
        own = await connection_id(gateway)
        posts = [
            signed(gateway, own, b"x", b"connection: close", seconds_ago=age) for age in (290, 310)
        ]

        statuses = [(await dialogue(gateway, post))[0] for post in posts]

    assert statuses == [[200], [403]]


async def test_a_client_that_asks_first_is_told_to_go_on() -> None:
    async with served(ROUTES) as gateway, connect(gateway.ws) as client:
        own = await connection_id(gateway)
        post = signed(gateway, own, b"hello", b"expect: 100-continue", b"connection: close")
        head, body = post[:-5], post[-5:]

        statuses, _ = await dialogue(gateway, head, body)

        assert await client.recv() == "hello"
    assert statuses == [100, 200]


async def test_a_compressed_socket_and_a_plain_one_hear_the_same() -> None:
    async with (
        served(ROUTES) as gateway,
        connect(gateway.ws) as packed,
        connect(gateway.ws, compression=None) as plain,
    ):
        for at, client in enumerate((packed, plain)):
            own = (await gateway.functions.event("$connect", at=at))["requestContext"]
            text = b"x" * 40_000
            post = signed(gateway, own["connectionId"], text, b"connection: close")
            await dialogue(gateway, post)
            assert await client.recv() == text.decode()
