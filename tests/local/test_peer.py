"""The HTTP client of nodes and pollers, before servers that answer as they like."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from local.gateway.exchange import Request
from local.gateway.peer import Peer, PeerUnreachableError

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def before(answer: bytes) -> AsyncIterator[Peer]:
    """A peer of a server that answers every request so."""
    conversations: list[asyncio.Task[None]] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own = asyncio.current_task()
        assert own
        conversations.append(own)
        while await reader.readline():
            while (await reader.readline()).strip():
                pass
            writer.write(answer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    peer = Peer(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with server:
        try:
            yield peer
        finally:
            await peer.close()
            await asyncio.gather(*conversations)


def a_request() -> Request:
    return Request("GET", "/", "", [(b"host", b"x")], b"", "127.0.0.1")


@pytest.mark.parametrize(
    "answer",
    [
        b"Content-Length: 4\r\n\r\nbody",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2;of=x\r\ndy\r\n0\r\nTrailer: x\r\n\r\n",
    ],
)
async def test_an_answer_may_tell_its_length_or_come_in_chunks(answer: bytes) -> None:
    async with before(HEAD + answer) as peer:
        for _ in range(2):  # the second on the same connection: nothing of the first is left
            response = await peer.send(a_request())

            assert (response.status, response.body) == (200, b"body")
            assert response.headers == ((b"content-type", b"application/json"),)


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 soon\r\n\r\n",
    ],
)
async def test_what_is_no_sound_answer_is_told_as_such(answer: bytes) -> None:
    async with before(answer) as peer:
        with pytest.raises(PeerUnreachableError):
            await peer.send(a_request())
