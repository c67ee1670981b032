"""HTTP on the wire: uvicorn's httptools protocol, and the way from there to our own values."""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Protocol, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from websockets.http11 import Request as UpgradeRequest

from local.gateway.exchange import Request, Response
from local.gateway.limits import Limits
from local.gateway.socket_event import Handshake
from local.gateway.socket_wire import SocketWire

_HEAD_SIZE = "gateway.head-size"
"""ASGI extension by which the protocol tells the application how long line and headers were."""

_DIRECT = b"connections/"
_LONGEST_DIRECT = 256 * 1024
"""Bytes of a body; the largest post to a connection has half of that."""

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

    def at_once(self, request: Request) -> Response | None:
        """Answer without waiting for anything, if that is possible: posts to connections are."""

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


@lru_cache(maxsize=64)
def _phrase(status: int) -> bytes:
    return HTTPStatus(status).phrase.encode()


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
    _direct: bytearray | None = None
    """The body of a request that may be answered at once, beside ASGI."""

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
        # All that uvicorn does with a header is in these lines; its call would double their price.
        lower = name.lower()
        if lower == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((lower, value))
        self._cased.append((name, value))
        self._size += len(name) + len(value) + 4

    def on_headers_complete(self) -> None:
        self._in_head = False
        self.scope["extensions"] = {_HEAD_SIZE: {"bytes": self._size}}
        if self._may_be_direct():
            self._direct = bytearray()
        else:
            super().on_headers_complete()

    def _may_be_direct(self) -> bool:
        """Whether this is a post to a connection and nothing before it waits for an answer."""
        before: RequestResponseCycle | None = self.cycle
        return (
            _DIRECT in self.url
            and (before is None or before.response_complete)
            and not self.expect_100_continue
            and self._size <= self._app.limits.http_head
            and not self.parser.should_upgrade()
        )

    def on_body(self, body: bytes) -> None:
        if self._direct is None:
            super().on_body(body)
            return
        self._direct += body
        if len(self._direct) > _LONGEST_DIRECT:
            self._take_the_long_way(more=True)

    def on_message_complete(self) -> None:
        if self._direct is None:
            super().on_message_complete()
            return
        path, _, query = self.url.partition(b"?")
        response = self._app.at_once(
            Request(
                method=self.parser.get_method().decode("ascii"),
                raw_path=path.decode("latin-1"),
                query=query.decode("latin-1"),
                headers=self.headers,
                body=bytes(self._direct),
                source_ip=self.client[0] if self.client else "",
            )
        )
        if response is None:
            self._take_the_long_way(more=False)
        else:
            self._direct = None
            self._send(response)

    def _take_the_long_way(self, *, more: bool) -> None:
        """Leave the request to ASGI after all, with as much of its body as there is."""
        body, self._direct = self._direct, None
        super().on_headers_complete()
        super().on_body(bytes(body or b""))
        if not more:
            super().on_message_complete()

    def _send(self, response: Response) -> None:
        """Send a whole response in one write, where ASGI takes two and a task."""
        lines = [b"HTTP/1.1 %d %b" % (response.status, _phrase(response.status))]
        fields = (*self.server_state.default_headers, *response.headers)
        lines += [name + b": " + value for name, value in fields]
        if response.status not in _BODILESS:
            lines.append(b"content-length: %d" % len(response.body))
        stays = self.parser.should_keep_alive()
        if not stays:
            lines.append(b"connection: close")
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + response.body)
        if not stays:
            self.transport.close()
        self.on_response_complete()

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
