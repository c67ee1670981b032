"""Kept-alive HTTP/1.1 connections to one host: one exchange at a time on each, no pipelining.

They belong to one event loop and outlive an invocation. Between invocations they only lie there:
no task, no timer. What the peer closed meanwhile is found out when the next request meets it, and
that request goes out again on a fresh connection.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from hub_core.adapters.http1 import BadResponse, Response, ResponseParser

LARGEST_IDLE_SEC: Final = 60.0
"""Idle longer, a connection is not used again. What forgets connections silently, so that a request
is never answered, waits longer than that (AWS's NAT gateways: 350 s)."""

HEAD_START_SEC: Final = 0.1
"""What one address of a host is given before the next is tried beside it (RFC 8305)."""

_READ_BUFFER: Final = 4096


class Stale(ConnectionError):
    """A kept-alive connection turned out closed before a byte of the response had come."""


class _Connection(asyncio.BufferedProtocol):
    """One connection; `ask` is the one thing to do with it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, answer_sec: float) -> None:
        self.used_at = 0.0
        """When the last exchange was begun, in seconds since 1970."""
        self.kept = False
        """Whether it has lain in the pool, where the peer may close it unnoticed."""
        self.lost: Final = loop.create_future()
        """Done once the socket is closed."""
        self._loop = loop
        self._answer_sec = answer_sec
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray(_READ_BUFFER)
        self._received = memoryview(self._buffer)
        self._parser = ResponseParser()
        self._answer: asyncio.Future[Response] | None = None
        self._usable = False
        self._give_up_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def usable(self) -> bool:
        """Whether it may carry a request now."""
        return self._usable and self._answer is None

    def ask(self, request: bytes) -> asyncio.Future[Response]:
        """Send a request; the future is the response, or why there is none.

        The future raises `Stale`, or another OSError, TimeoutError among them, or BadResponse.
        """
        self._parser = ResponseParser()
        self._answer = answer = self._loop.create_future()
        self._give_up_at = self._loop.time() + self._answer_sec
        if self._timer is None:
            self._timer = self._loop.call_at(self._give_up_at, self._check_time)
        cast("asyncio.Transport", self._transport).write(request)
        return answer

    def rest(self) -> None:
        """Leave no timer behind. While in use, one timer serves many exchanges."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def abort(self) -> None:
        """Close at once, whatever is going on."""
        self._usable = False
        self.rest()
        if self._transport is not None:
            self._transport.abort()

    def _check_time(self) -> None:
        self._timer = None
        if self._answer is None:
            return
        if self._loop.time() < self._give_up_at:
            self._timer = self._loop.call_at(self._give_up_at, self._check_time)
        else:
            self._fail(TimeoutError(f"no response in {self._answer_sec:g} s"))

    def _succeed(self, response: Response) -> None:
        answer, self._answer = self._answer, None
        transport = cast("asyncio.Transport", self._transport)
        # An answer to half a request (413): the other half would be taken for the next one.
        if not response.keep_alive or transport.get_write_buffer_size():
            self.abort()
        if answer is not None and not answer.done():
            answer.set_result(response)

    def _fail(self, error: Exception) -> None:
        answer, self._answer = self._answer, None
        self.abort()
        if answer is not None and not answer.done():
            answer.set_exception(error)

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._usable = True

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002  the interface's
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._answer is None:  # nothing was asked
            self.abort()
            return
        try:
            response = self._parser.feed(bytes(self._received[:nbytes]))
        except BadResponse as error:
            self._fail(error)
        else:
            if response is not None:
                self._succeed(response)

    def eof_received(self) -> None:
        response = self._parser.end() if self._answer else None
        if response is not None:
            self._succeed(response)
        else:
            self._closed_by_peer(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed_by_peer(exc)
        if not self.lost.done():
            self.lost.set_result(None)

    def _closed_by_peer(self, cause: Exception | None) -> None:
        if self.kept and not self._parser.begun:
            error: ConnectionError = Stale("the connection had been closed")
        else:
            error = ConnectionResetError("the connection was closed without a whole response")
        error.__cause__ = cause
        self._fail(error)


@dataclass(eq=False)
class ConnectionPool:
    """Connections to one host, opened when needed, at most `limit` of them."""

    host: str
    port: int
    tls: Callable[[], ssl.SSLContext] | None
    """Called at the first connection: building a context takes some 20 ms."""
    limit: int
    connect_sec: float
    answer_sec: float

    def __post_init__(self) -> None:
        self._context: ssl.SSLContext | None = None
        self._slots = asyncio.Semaphore(self.limit)
        self._idle: list[_Connection] = []
        self._dying: set[_Connection] = set()

    async def exchange(self, request: bytes, now: float) -> Response:
        """Send one request and wait for its response, on a kept connection if there is one.

        A request that met a stale connection goes out once more, on one that is known to work or
        on a new one. `now` is in seconds since 1970, the same for all requests of one call.

        Raises:
            OSError: it could not be connected, the connection broke, or no response came in time.
            BadResponse: what came was none.
        """
        async with self._slots:
            connection = self._kept(now - LARGEST_IDLE_SEC)
            if connection is not None:
                try:
                    return await self._ask(connection, request, now)
                except Stale:
                    # Its neighbours, unless they have worked in this call, may be no better.
                    connection = self._kept(now)
            if connection is None:
                connection = await self._connect()
            return await self._ask(connection, request, now)

    async def warm(self, connections: int, now: float) -> None:
        """Have that many connections idle, as far as the limit allows and the host answers."""
        missing = min(connections, self.limit) - len(self._idle)
        async with asyncio.TaskGroup() as group:
            for _ in range(missing):
                group.create_task(self._open_one(now))

    async def settle(self) -> None:
        """Leave nothing running: no timer, no socket half closed. To be awaited after each call."""
        for connection in self._idle:
            connection.rest()
        if self._dying:
            await asyncio.wait([connection.lost for connection in self._dying])

    async def aclose(self) -> None:
        """Close the idle connections; the next exchange would open new ones."""
        for connection in self._idle:
            self._discard(connection)
        self._idle.clear()
        await self.settle()

    def _kept(self, since: float) -> _Connection | None:
        """Take the connection used last; those not used `since` then are closed."""
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and connection.used_at >= since:
                return connection
            self._discard(connection)
        return None

    async def _ask(self, connection: _Connection, request: bytes, now: float) -> Response:
        try:
            return await connection.ask(request)
        finally:
            self._keep(connection, now)

    def _keep(self, connection: _Connection, now: float) -> None:
        if connection.usable:
            connection.kept = True
            connection.used_at = now
            self._idle.append(connection)
        else:
            self._discard(connection)

    def _discard(self, connection: _Connection) -> None:
        connection.abort()
        if not connection.lost.done():
            self._dying.add(connection)
            connection.lost.add_done_callback(lambda _: self._dying.discard(connection))

    async def _open_one(self, now: float) -> None:
        # A host that cannot be reached is told by the exchanges.
        with contextlib.suppress(OSError):
            async with self._slots:
                self._keep(await self._connect(), now)

    async def _connect(self) -> _Connection:
        if self._context is None and self.tls is not None:
            self._context = self.tls()
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self.connect_sec):
            _, connection = await loop.create_connection(
                lambda: _Connection(loop, self.answer_sec),
                self.host,
                self.port,
                ssl=self._context,
                # Where IPv4 leads nowhere (a private network), IPv6 is not kept waiting.
                happy_eyeballs_delay=HEAD_START_SEC,
            )
        return connection
