"""One WebSocket on the wire: RFC 6455 by `websockets`' sans-I/O core, with API Gateway's limits."""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol, cast

from websockets.datastructures import Headers
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from local.gateway.limits import Limits

CLOSE_TIMEOUT = 10.0
"""Seconds that a client has to end the TCP connection after the last close frame."""

NO_STATUS = int(CloseCode.NO_STATUS_RCVD)
NO_CLOSE_FRAME = int(CloseCode.ABNORMAL_CLOSURE)

NO_STATUS_REASON = "Client-side close frame status not set"
"""What API Gateway says of a client that closed without a code."""

# Without context takeover an idle connection keeps no zlib state (up to 50 KB each otherwise).
_DEFLATE = ServerPerMessageDeflateFactory(
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    server_max_window_bits=12,
    compress_settings={"memLevel": 5},
)


class Listener(Protocol):
    """Who is told what happens on a wire, once it is accepted."""

    def received(self, text: str) -> None:
        """A text message came in whole."""

    def closed(self, code: int, reason: str) -> None:
        """Nothing more will come or go; called once."""


class SocketWire(asyncio.Protocol):
    """A TCP connection that asked for an upgrade, from its handshake to its end."""

    def __init__(self, limits: Limits, asked: Callable[["SocketWire", Request], None]) -> None:
        """`asked` is called with a sound handshake, and must `accept` or `reject` it later."""
        self._frame_limit = limits.frame
        self._asked = asked
        self._protocol = ServerProtocol(
            extensions=[_DEFLATE], max_size=(limits.message, limits.frame)
        )
        self._transport: asyncio.Transport | None = None
        self._handshake: Response | None = None
        self._listener: Listener | None = None
        self._fragments: list[bytes] = []
        self._ended = False
        self._reading = True
        self._cut: asyncio.TimerHandle | None = None
        self.lost = False
        """Whether the TCP connection is gone."""

    @property
    def open(self) -> bool:
        """Whether a message can still be sent."""
        return not self._ended and self._protocol.state is State.OPEN

    @property
    def unsent(self) -> int:
        """Bytes that the client has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    def accept(self, listener: Listener, subprotocol: str | None) -> bool:
        """Send the 101; False if the client did not wait for it."""
        if self.lost or self._handshake is None:
            return False
        if subprotocol is not None:
            self._handshake.headers["Sec-WebSocket-Protocol"] = subprotocol
        self._listener = listener
        self._protocol.send_response(self._handshake)
        self._flush()
        return True

    def reject(self, status: int, body: bytes) -> None:
        """Refuse the handshake with a JSON body."""
        headers = Headers()
        headers["Content-Type"] = "application/json"
        headers["Content-Length"] = str(len(body))
        headers["Connection"] = "close"
        self._protocol.send_response(Response(status, _phrase(status), headers, body))
        self._flush()

    def send(self, data: bytes) -> None:
        """Send one text message, in frames of at most 32 KB; the wire must be open."""
        if not self._protocol.extensions and self._transport is not None:
            # Nothing to compress: then the frames of a broadcast are the same for everybody.
            self._transport.write(_frames(data, self._frame_limit))
            return
        step = self._frame_limit
        self._protocol.send_text(data[:step], fin=len(data) <= step)
        for start in range(step, len(data), step):
            end = start + step
            self._protocol.send_continuation(data[start:end], fin=end >= len(data))
        self._flush()

    def close(self, code: int, reason: str, *, heard: str | None = None) -> None:
        """Send a close frame; `heard` is the reason for the listener, where it is another."""
        if not self.open:
            return
        self._protocol.send_close(code, reason)
        self._flush()
        self.resume_reading()
        self._cut_later()
        self._end(code, reason if heard is None else heard)

    def abort(self) -> None:
        """Cut the TCP connection."""
        if self._transport is not None and not self.lost:
            self._transport.abort()

    def pause_reading(self) -> None:
        """Leave what the client sends in its own buffers."""
        if self._reading and self._transport is not None and not self.lost:
            self._reading = False
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        if not self._reading and self._transport is not None and not self.lost:
            self._reading = True
            self._transport.resume_reading()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._frame(event)
            elif isinstance(event, Request):
                self._request(event)
        self._flush()
        self._notice_close()

    def connection_lost(self, _exc: Exception | None) -> None:
        self.lost = True
        if self._cut is not None:
            self._cut.cancel()
        self._end(NO_CLOSE_FRAME, "")

    # what came in

    def _request(self, request: Request) -> None:
        self._handshake = self._protocol.accept(request)
        if self._handshake.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            self._asked(self, request)
        else:
            self._protocol.send_response(self._handshake)

    def _frame(self, frame: Frame) -> None:
        if self._ended:
            return
        if frame.opcode is Opcode.BINARY:
            self._fail(CloseCode.UNSUPPORTED_DATA)
        elif frame.opcode is Opcode.TEXT or frame.opcode is Opcode.CONT:
            self._fragments.append(bytes(frame.data))
            if frame.fin:
                self._message()

    def _message(self) -> None:
        data = b"".join(self._fragments)
        self._fragments.clear()
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._fail(CloseCode.INVALID_DATA)
        else:
            if self._listener is not None:
                self._listener.received(text)

    def _fail(self, code: CloseCode) -> None:
        self._protocol.fail(code)
        self._end(int(code), "")

    def _notice_close(self) -> None:
        """The client closed, or the core did because of a fault of the client's."""
        if (theirs := self._protocol.close_rcvd) is not None:
            reason = NO_STATUS_REASON if theirs.code == NO_STATUS else theirs.reason
            self._end(theirs.code, reason)
        elif (ours := self._protocol.close_sent) is not None:
            self._end(ours.code, ours.reason)

    def _end(self, code: int, reason: str) -> None:
        if self._ended:
            return
        self._ended = True
        if self._listener is not None:
            self._listener.closed(code, reason)
            self._listener = None

    # what goes out

    def _flush(self) -> None:
        writes = self._protocol.data_to_send()
        if not writes or self._transport is None or self.lost:
            return
        self._transport.write(writes[0] if len(writes) == 1 else b"".join(writes))
        if not writes[-1]:
            # The core's sign for the end of the stream. Closing at once would reset the TCP
            # connection if the client is still sending, and it would never see the close frame.
            self._transport.write_eof()
            self.resume_reading()
            self._cut_later()

    def _cut_later(self) -> None:
        if self._cut is None:
            self._cut = asyncio.get_running_loop().call_later(CLOSE_TIMEOUT, self.abort)


@lru_cache(maxsize=32)
def _frames(data: bytes, step: int) -> bytes:
    """A text message on the wire, unmasked (RFC 6455 §5.2)."""
    pieces = [data[start : start + step] for start in range(0, len(data), step)] or [b""]
    last = len(pieces) - 1
    return b"".join(
        Frame(Opcode.CONT if at else Opcode.TEXT, piece, fin=at == last).serialize(mask=False)
        for at, piece in enumerate(pieces)
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
