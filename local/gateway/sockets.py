"""The open connections of a WebSocket API: what each is, and when it must end."""

import asyncio
from collections import deque
from typing import Protocol

from local.gateway.observer import Closed, Frame
from local.gateway.setup import Setup
from local.gateway.socket_event import Origin
from local.gateway.socket_wire import SocketWire

GOING_AWAY = 1001
GOING_AWAY_REASON = "Going away"
NORMAL_CLOSURE = 1000
DELETED_REASON = "Connection Closed Normally"

_SLOWEST = 16.0
"""Bytes a second of a client that is slow on purpose."""

MESSAGES_IN_FLIGHT = 256
"""Messages of one connection under way before its socket is read no further."""


class GoneError(Exception):
    """The connection is closed, or not open yet."""


class BufferFullError(Exception):
    """The client takes its messages too slowly."""


class Work(Protocol):
    """What is done with what a socket brings."""

    def message(self, socket: "Socket", text: str) -> None:
        """Invoke the route of a message; `socket.finished()` when that is over."""

    def disconnected(self, socket: "Socket", code: int, reason: str) -> None:
        """Invoke `$disconnect`."""


class Socket:
    """One connection between its 101 and its end."""

    def __init__(self, wire: SocketWire, origin: Origin, work: Work, setup: Setup) -> None:
        self.origin = origin
        self._wire = wire
        self._work = work
        self._limits = limits = setup.limits
        self._observer = setup.observer
        self._serial = setup.serial
        # Slow from its first frame on, or never.
        slow = setup.faults.strike("client.slow", origin.connection_id)
        self._slow = None if slow is None else max(slow, _SLOWEST)
        self._held = 0
        self._free_at = 0.0
        self._waiting: deque[str] = deque()
        self._in_flight = 0
        self._loop = asyncio.get_running_loop()
        self._active = self._loop.time()
        idle, life = limits.idle.total_seconds(), limits.connection.total_seconds()
        self._idle_timer = self._loop.call_later(idle, self._check_idle)
        self._life_timer = self._loop.call_later(life, self.go_away)

    @property
    def id(self) -> str:
        """The connection id."""
        return self.origin.connection_id

    @property
    def idle_seconds(self) -> float:
        """How long ago the last message passed, either way."""
        return self._loop.time() - self._active

    def send(self, data: bytes) -> None:
        """Send a text message.

        Raises:
            GoneError: It is closed.
            BufferFullError: The client has not taken what it was sent before.
        """
        if not self._wire.open:
            raise GoneError(self.id)
        if self._wire.unsent + self._held + len(data) > self._limits.send_buffer:
            raise BufferFullError(self.id)
        self._active = self._loop.time()
        if self._slow is None:
            self._pass(data)
        else:
            self._hold(data)

    def _pass(self, data: bytes) -> None:
        if self._wire.open:
            self._wire.send(data)
            self._observer(Frame("out", self.id, data))

    def _hold(self, data: bytes) -> None:
        """Send as slowly as this client is made to take it."""
        assert self._slow is not None
        self._held += len(data)
        now = self._loop.time()
        self._free_at = max(self._free_at, now) + len(data) / self._slow

        def let_go() -> None:
            self._held -= len(data)
            self._pass(data)

        self._loop.call_at(self._free_at, let_go)

    def delete(self) -> None:
        """Close as `DELETE @connections` does."""
        self._wire.close(NORMAL_CLOSURE, "", heard=DELETED_REASON)

    def go_away(self) -> None:
        """Close because the connection, or the gateway, has lived long enough."""
        self._wire.close(GOING_AWAY, GOING_AWAY_REASON)

    def abort(self) -> None:
        """Cut the TCP connection."""
        self._wire.abort()

    # what the wire tells

    def received(self, text: str) -> None:
        """Hand a message on at once, or (serial) when those before it are done."""
        self._active = self._loop.time()
        self._observer(Frame("in", self.id, text))
        self._waiting.append(text)
        if not self._serial or not self._in_flight:
            self._next()
        if self._in_flight + len(self._waiting) >= MESSAGES_IN_FLIGHT:
            self._wire.pause_reading()

    def finished(self) -> None:
        """One message has been dealt with."""
        self._in_flight -= 1
        if self._waiting:
            self._next()
        if self._in_flight + len(self._waiting) < MESSAGES_IN_FLIGHT:
            self._wire.resume_reading()

    def again(self) -> None:
        """One message is dealt with once more."""
        self._in_flight += 1

    def closed(self, code: int, reason: str) -> None:
        """The connection is over."""
        self._idle_timer.cancel()
        self._life_timer.cancel()
        self._observer(Closed(self.id, code, reason))
        self._work.disconnected(self, code, reason)

    def _next(self) -> None:
        self._in_flight += 1
        self._work.message(self, self._waiting.popleft())

    def _check_idle(self) -> None:
        left = self._limits.idle.total_seconds() - self.idle_seconds
        if left <= 0:
            self.go_away()
        else:
            self._idle_timer = self._loop.call_later(left, self._check_idle)
