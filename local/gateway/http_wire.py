"""HTTP on the wire: uvicorn's httptools protocol, and the way from there to our own values."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.http11 import Request as UpgradeRequest

from local.gateway.exchange import Request, Response
from local.gateway.limits import Limits
from local.gateway.socket_event import Handshake
from local.gateway.socket_wire import SocketWire

_HEAD_SIZE = "gateway.head-size"
"""ASGI extension by which the protocol tells the application how long line and headers were."""

_BODILESS = frozenset({204, 304})

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class App(Protocol):
    """What stands behind the server."""

    @property
    def limits(self) -> Limits:
        """How large requests may be."""

    async def answer(self, request: Request) -> Response:
        """Answer an HTTP request whose body has come in whole."""

    def body_too_large(self) -> Response:
        """The answer to a request whose body is over the limit."""

    def head_too_large(self) -> Response:
        """The answer to a request whose line and headers are over the limit."""

    def asked(self, wire: SocketWire, handshake: Handshake) -> None:
        """A client asks for a WebSocket: accept or reject it, now or later."""


class _BodyTooLargeError(Exception):
    """A body is over the limit."""


class _ClientGoneError(Exception):
    """The client left before its request was complete."""


class AsgiApp:
    """The HTTP half, as uvicorn calls it."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            response = await self._answer(scope, receive)
        except _ClientGoneError:
            return
        headers = list(response.headers)
        if response.status not in _BODILESS:
            headers.append((b"content-length", b"%d" % len(response.body)))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    async def _answer(self, scope: Message, receive: Receive) -> Response:
        if scope["extensions"][_HEAD_SIZE]["bytes"] > self.app.limits.http_head:
            return self.app.head_too_large()
        try:
            body = await _read(receive, self.app.limits.http_body)
        except _BodyTooLargeError:
            return self.app.body_too_large()
        client = scope["client"]
        request = Request(
            method=scope["method"],
            raw_path=scope["raw_path"].decode("ascii"),
            query=scope["query_string"].decode("latin-1"),
            headers=scope["headers"],
            body=body,
            source_ip=client[0] if client else "",
            http_version=scope["http_version"],
        )
        return await self.app.answer(request)


async def _read(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGoneError
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _BodyTooLargeError
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


class HttpWire(HttpToolsProtocol):
    """uvicorn's protocol, which also measures heads and hands upgrades to our `SocketWire`.

    uvicorn's own WebSocket protocols get header names in lower case, send unbounded frames, and
    keep no account of what a slow client has not taken: see docs/decisions/0005-gateway-front.md.
    """

    _in_head = False
    _late = 0
    _size = 0

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._cased: list[tuple[bytes, bytes]] = []
        self._in_head = True
        self._late = 0
        self._size = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._size += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._cased.append((name, value))
        self._size += len(name) + len(value) + 4

    def on_headers_complete(self) -> None:
        self._in_head = False
        self.scope["extensions"] = {_HEAD_SIZE: {"bytes": self._size}}
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        # A head that never ends would otherwise pile up in the parser.
        if self._in_head:
            self._late += len(data)
            if self._late > self._app.limits.http_head:
                self._refuse(b"431 Request Header Fields Too Large")
                return
        super().data_received(data)

    def handle_websocket_upgrade(self) -> None:
        limits = self._app.limits
        if len(self.url) > limits.socket_url:
            self._refuse(b"414 URI Too Long")
            return
        if self._size > limits.http_head:
            self._refuse(b"431 Request Header Fields Too Large")
            return
        self.connections.discard(self)
        wire = SocketWire(limits, self._asked)
        wire.connection_made(self.transport)
        self.transport.set_protocol(wire)
        head = [b"%b %b HTTP/1.1" % (self.scope["method"].encode(), self.url)]
        head += [name + b": " + value for name, value in self._cased]
        wire.data_received(b"\r\n".join(head) + b"\r\n\r\n")

    @property
    def _app(self) -> App:
        return cast("AsgiApp", self.app).app

    def _asked(self, wire: SocketWire, request: UpgradeRequest) -> None:
        path, _, query = request.path.partition("?")
        handshake = Handshake(
            path=path,
            query=query,
            headers=list(request.headers.raw_items()),
            source_ip=self.client[0] if self.client else "",
            port=(self.server[1] if self.server else None) or 0,
        )
        self._app.asked(wire, handshake)

    def _refuse(self, status: bytes) -> None:
        self.transport.write(
            b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        )
        self.transport.close()
