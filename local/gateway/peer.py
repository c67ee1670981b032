"""An HTTP/1.1 client for the other nodes: kept-alive connections on plain asyncio streams.

Forwarded posts are as frequent as posts, and a general client costs ten times this (see
`docs/decisions/0005-gateway-front.md`). Nodes answer with a `content-length`; somebody else's SQS,
to which pollers speak through this too, may answer in chunks.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from local.gateway.exchange import Request, Response

MAX_CONNECTIONS = 32
"""To one node at a time; requests beyond wait."""

TIMEOUT = 10.0

_UNSOUND = (ValueError, IndexError, asyncio.LimitOverrunError)
"""What reading says of an answer that is not HTTP, or whose head never ends."""
_BODILESS = frozenset({204, 304})


class PeerUnreachableError(Exception):
    """The other node did not answer in time, or not in HTTP."""


class PeerGoneError(Exception):
    """Nobody listens at the other node's address any more."""


class _Connection(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Peer:
    """One other node."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host = address.hostname or ""
        self._port = address.port or 80
        self._idle: deque[_Connection] = deque()
        self._turn = asyncio.Semaphore(MAX_CONNECTIONS)

    async def send(self, request: Request) -> Response:
        """Send a request and read the response.

        Raises:
            PeerGoneError: The connection was refused.
            PeerUnreachableError: No sound answer within 10 s.
        """
        try:
            async with self._turn, asyncio.timeout(TIMEOUT):
                return await self._exchange(request)
        except ConnectionRefusedError as refused:
            raise PeerGoneError(f"{self._host}:{self._port} is closed") from refused
        except (*_UNSOUND, OSError, EOFError, TimeoutError) as failed:
            raise PeerUnreachableError(f"{self._host}:{self._port} does not answer") from failed

    async def close(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            connection = self._idle.pop()
            connection.writer.close()
            with suppress(OSError):
                await connection.writer.wait_closed()

    async def _exchange(self, request: Request) -> Response:
        while self._idle:
            kept = self._idle.pop()
            # The node may have closed it meanwhile; nothing was sent on it yet.
            if kept.reader.at_eof() or kept.writer.is_closing():
                kept.writer.close()
                continue
            return await self._converse(kept, request)
        reader, writer = await asyncio.open_connection(self._host, self._port)
        return await self._converse(_Connection(reader, writer), request)

    async def _converse(self, connection: _Connection, request: Request) -> Response:
        try:
            connection.writer.write(_serialised(request))
            response, keep = await _read(connection.reader)
        except BaseException:
            # Cancelled or broken in the middle of an exchange: what follows is out of step.
            connection.writer.close()
            raise
        if keep:
            self._idle.append(connection)
        else:
            connection.writer.close()
        return response


def _serialised(request: Request) -> bytes:
    target = f"{request.raw_path}?{request.query}" if request.query else request.raw_path
    lines = [f"{request.method} {target} HTTP/1.1".encode()]
    lines += [name + b": " + value for name, value in request.headers]
    lines.append(b"content-length: %d" % len(request.body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + request.body


async def _read(reader: asyncio.StreamReader) -> tuple[Response, bool]:
    head = await reader.readuntil(b"\r\n\r\n")
    status_line, *lines = head[:-4].split(b"\r\n")
    status = int(status_line.split(b" ", 2)[1])
    headers = tuple(
        (name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)
    )
    fields = dict(headers)
    body = b"" if status in _BODILESS else await _body(reader, fields)
    keep = fields.get(b"connection", b"").lower() != b"close"
    passed_on = tuple(field for field in headers if field[0] not in _OUR_OWN)
    return Response(status, body, passed_on), keep


async def _body(reader: asyncio.StreamReader, fields: Mapping[bytes, bytes]) -> bytes:
    if fields.get(b"transfer-encoding", b"").lower() != b"chunked":
        return await reader.readexactly(int(fields.get(b"content-length", b"")))
    chunks: list[bytes] = []
    while size := int((await reader.readline()).partition(b";")[0], 16):
        chunks.append(await reader.readexactly(size))
        await reader.readline()
    while (await reader.readline()).strip():
        pass  # trailers
    return b"".join(chunks)


_OUR_OWN = frozenset({b"content-length", b"transfer-encoding", b"connection", b"date"})
"""Headers that belong to this hop."""
