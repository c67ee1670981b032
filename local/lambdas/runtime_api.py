"""The Lambda Runtime API (2018-06-01) of one container, on a loopback port of its own.

The runtime in the container asks for its next event with a long poll and posts what came of it:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. A port per container, as on AWS, so
that no request needs to say who sends it (AWS's client has no room for that).
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import httptools

from local.lambdas.failures import RESPONSE_LIMIT, Failure, object_of, reported, response_too_large
from local.lambdas.invocation import FunctionError

_ROOT = "/2018-06-01/runtime/"
_NEXT = f"{_ROOT}invocation/next"
_INIT_ERROR = f"{_ROOT}init/error"
_ACCEPTED = (202, b'{"status":"OK"}\n')
_REASONS = {200: b"OK", 202: b"Accepted", 400: b"Bad Request", 404: b"Not Found", 413: b"Too Large"}


@dataclass(frozen=True)
class Request:
    """One event on its way to a container."""

    id: str
    event: bytes
    """JSON."""
    arn: str
    trace_id: str


class RuntimeApi:
    """What one container sees of Lambda."""

    def __init__(self, on_idle: Callable[[], None]) -> None:
        """`on_idle` is called when the runtime asks for an event and there is none."""
        self._on_idle = on_idle
        self.initialised: asyncio.Future[Failure | None] = (
            asyncio.get_running_loop().create_future()
        )
        """None once the runtime asks for its first event; the failure when its init failed."""
        self.asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once the runtime has asked for an event after the last one handed out."""
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._poll: _Connection | None = None
        self._request: Request | None = None
        self._answer: asyncio.Future[bytes | FunctionError] | None = None
        self._deadline_ms = 0
        self._handed_out = ""

    async def open(self) -> str:
        """Listen; `host:port` for `AWS_LAMBDA_RUNTIME_API`."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"{host}:{port}"

    def close(self) -> None:
        """Hang up; a runtime that still runs takes that as its end."""
        if self._server:
            self._server.close()
        for connection in tuple(self._connections):
            connection.abort()
        self.initialised.cancel()

    def hand_out(
        self, request: Request, *, deadline_ms: int
    ) -> asyncio.Future[bytes | FunctionError]:
        """Give the container an event; the future is what it posts: JSON, or an error."""
        loop = asyncio.get_running_loop()
        self._request, self._deadline_ms = request, deadline_ms
        self._answer, self.asked = loop.create_future(), loop.create_future()
        self._deliver()
        return self._answer

    def connected(self, connection: "_Connection") -> None:
        """Take note of a connection."""
        self._connections.add(connection)

    def lost(self, connection: "_Connection") -> None:
        """Forget a connection, and its long poll."""
        self._connections.discard(connection)
        if self._poll is connection:
            self._poll = None

    def received(
        self, connection: "_Connection", method: bytes, path: str, body: bytes | None
    ) -> None:
        """Answer one request of the runtime, `next` as soon as there is an event."""
        if method == b"GET" and path == _NEXT:
            self._poll = connection
            if not self.initialised.done():
                self.initialised.set_result(None)
            if self._request:
                self._deliver()
            else:
                if not self.asked.done():
                    self.asked.set_result(None)
                self._on_idle()
        elif method == b"POST":
            connection.send(*self._posted(path, body))
        else:
            connection.send(404, b"{}")

    def _deliver(self) -> None:
        request = self._request
        if not self._poll or not request:
            return
        headers = {
            # AWS's native client crashes without a content type and a trace id.
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": request.id,
            "Lambda-Runtime-Deadline-Ms": str(self._deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": request.arn,
            "Lambda-Runtime-Trace-Id": request.trace_id,
        }
        self._poll.send(200, request.event, headers)
        self._poll = self._request = None
        self._handed_out = request.id

    def _posted(self, path: str, body: bytes | None) -> tuple[int, bytes]:
        if path == _INIT_ERROR:
            if not self.initialised.done():
                self.initialised.set_result(_init_failure(body))
            return _ACCEPTED
        request_id, _, verb = path.removeprefix(f"{_ROOT}invocation/").partition("/")
        if request_id != self._handed_out or not self._answer:
            return 400, b'{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}'
        if verb == "response":
            return self._answered(body)
        if verb == "error":
            self._settle(reported(object_of(body), request_id=request_id))
            return _ACCEPTED
        return 404, b"{}"

    def _answered(self, body: bytes | None) -> tuple[int, bytes]:
        if body is None:
            self._settle(response_too_large())
            message = f"Exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
            told = {"errorMessage": message, "errorType": "RequestEntityTooLarge"}
            return 413, json.dumps(told).encode()
        self._settle(body)
        return _ACCEPTED

    def _settle(self, answer: bytes | FunctionError) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(answer)


class _Connection(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection of the runtime, which never pipelines."""

    _transport: asyncio.Transport

    def __init__(self, api: RuntimeApi) -> None:
        self._api = api
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._body = bytearray()
        self._too_large = False

    def abort(self) -> None:
        self._transport.abort()

    def send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        told = headers or {"Content-Type": "application/json"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        head = b"HTTP/1.1 %d %b\r\n%bContent-Length: %d\r\n\r\n"
        self._transport.write(head % (status, _REASONS[status], lines.encode(), len(body)) + body)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's
        self._transport = cast("asyncio.Transport", transport)
        self._api.connected(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._api.lost(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.abort()

    def on_message_begin(self) -> None:
        self._url, self._too_large = b"", False
        self._body.clear()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        if len(self._body) + len(body) > RESPONSE_LIMIT:
            self._too_large = True
        else:
            self._body += body

    def on_message_complete(self) -> None:
        body = None if self._too_large else bytes(self._body)
        self._api.received(self, self._parser.get_method(), self._url.decode(), body)


def _init_failure(body: bytes | None) -> Failure:
    told = object_of(body)
    return lambda request_id: reported(told, request_id=request_id)
