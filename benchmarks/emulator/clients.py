"""Clients that cost little, so that the server is what is measured."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from statistics import quantiles
from typing import cast

_UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
_MASKED = 0x80
_TEXT = b"\x81"


class Counter:
    """Bytes that all clients of a group have received, and waiting for so many of them."""

    def __init__(self) -> None:
        self.bytes = 0
        self._wanted = 0
        self._reached = asyncio.Event()

    def add(self, count: int) -> None:
        """Some came."""
        self.bytes += count
        if self.bytes >= self._wanted:
            self._reached.set()

    async def all(self, seconds: float = 120) -> None:
        """Wait until all that is expected has come."""
        async with asyncio.timeout(seconds):
            await self._reached.wait()
        assert self.bytes == self._wanted, f"{self.bytes} bytes came instead of {self._wanted}"

    def expect(self, count: int) -> None:
        """From now on, expect so many."""
        self._wanted = self.bytes + count
        self._reached.clear()


class Listener(asyncio.Protocol):
    """A WebSocket that counts what comes, and keeps the last of it."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._arrived: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's transports are no subclasses of asyncio's
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Count, or take note of the handshake."""
        if not self._opened.done():
            assert data.startswith(b"HTTP/1.1 101"), data
            self._opened.set_result(None)
            return
        self._counter.add(len(data))
        if self._arrived and not self._arrived.done():
            self._arrived.set_result(data)

    async def open(self, path: str, host: str) -> None:
        """Shake hands."""
        assert self._transport
        self._transport.write(_UPGRADE.format(path=path, host=host).encode())
        await self._opened

    def say(self, text: bytes) -> None:
        """Send a short text (under 126 bytes), masked with zeros."""
        assert self._transport
        self._transport.write(_TEXT + bytes([_MASKED | len(text)]) + b"\0\0\0\0" + text)

    async def ask(self, text: bytes) -> bytes:
        """Send a text and wait for the next frame; its payload."""
        self._arrived = asyncio.get_running_loop().create_future()
        self.say(text)
        return (await self._arrived)[2:]

    def close(self) -> None:
        """Cut the connection."""
        if self._transport:
            self._transport.abort()


async def listeners(count: int, port: int, path: str) -> tuple[list[Listener], Counter]:
    """So many open sockets."""
    counter, found = Counter(), []
    loop = asyncio.get_running_loop()
    for _ in range(count):
        _, listener = await loop.create_connection(lambda: Listener(counter), "127.0.0.1", port)
        await listener.open(path, f"127.0.0.1:{port}")
        found.append(listener)
    return found, counter


async def http_ask(port: int) -> tuple[Callable[[], Awaitable[None]], Callable[[], None]]:
    """One kept-alive connection: a call that posts and reads one answer, and one that closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = b'{"hello":"there"}'
    request = (
        b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )

    async def ask() -> None:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        assert await reader.readexactly(length) == body

    return ask, writer.close


async def rate(asks: Sequence[Callable[[], Awaitable[object]]], seconds: float) -> dict[str, float]:
    """Ask side by side for some seconds: how often a second, and how long one took (ms)."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def again(ask: Callable[[], Awaitable[object]]) -> None:
        while time.perf_counter() < end:
            began = time.perf_counter()
            await ask()
            took.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(again(ask) for ask in asks))
    cuts = quantiles(took, n=100)
    return {"rate": len(took) / (time.perf_counter() - began), "p50": cuts[49], "p99": cuts[98]}
