"""A WebSocket API: handshakes, messages and ends of connections, and the functions behind them."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from local.gateway.answers import FORBIDDEN, INTERNAL, TIMED_OUT, error_frame
from local.gateway.ids import api_id, new_id
from local.gateway.integration import Failure, Result, integrate
from local.gateway.observer import Invocation, Opened
from local.gateway.selection import route_selection
from local.gateway.setup import Setup
from local.gateway.socket_auth import Refused, ask
from local.gateway.socket_event import (
    Handshake,
    Origin,
    connect_event,
    disconnect_event,
    message_event,
)
from local.gateway.socket_result import Decision, handshake_decision, route_response
from local.gateway.socket_wire import NO_CLOSE_FRAME, SocketWire
from local.gateway.sockets import BufferFullError, GoneError, Socket
from local.gateway.tasks import Tasks
from local.gateway.token_bucket import TokenBucket
from local.model import SocketRoute, WebSocketApi

CONNECT, DISCONNECT, DEFAULT = "$connect", "$disconnect", "$default"

_HEAD_START = 0.02
"""Seconds by which an overtaking message comes before the one that it overtakes."""

_NOT_FOR_MESSAGES = frozenset({CONNECT, DISCONNECT})
"""Route keys that a message cannot select, whatever it says."""


class SocketApi:
    """The WebSocket API of a template, and its open connections on this node."""

    def __init__(
        self,
        api: WebSocketApi,
        setup: Setup,
        new_connection_id: Callable[[], str],
        region: str,
    ) -> None:
        """Serve `api`.

        Raises:
            UnsupportedSelectionError: The route selection expression is beyond us.
        """
        self.api = api
        self.sockets: dict[str, Socket] = {}
        self._id = api_id(api.name)
        self._select = route_selection(api.route_selection)
        self._region = region
        self._setup = setup
        self._observer = setup.observer
        self._faults = setup.faults
        self._overtaken: dict[str, asyncio.Event] = {}
        """Messages that wait to be overtaken, by connection."""
        self._new_connection_id = new_connection_id
        self._connects = TokenBucket(setup.limits.connects_per_second, time.monotonic)
        self._tasks = Tasks()
        self._stopping = False

    def asked(self, wire: SocketWire, handshake: Handshake) -> None:
        """A client asks for a connection: accept or reject it in time."""
        if handshake.path not in ("/ws", f"/{self.api.stage}"):
            wire.reject(403, _body(FORBIDDEN))
        elif self._stopping or not self._connects.take():
            wire.reject(429, _body("Too Many Requests"))
        else:
            self._tasks.spawn(self._connect(wire, handshake))

    def message(self, socket: Socket, text: str) -> None:
        """Invoke the route of a message, beside whatever else is going on."""
        self._tasks.spawn(self._message(socket, text))
        if self._faults.strike("message.duplicate", socket.id) is not None:
            socket.again()
            self._tasks.spawn(self._message(socket, text))

    def disconnected(self, socket: Socket, code: int, reason: str) -> None:
        """Forget a connection and invoke `$disconnect`."""
        del self.sockets[socket.id]
        self._tasks.spawn(self._disconnect(socket.origin, code, reason))

    async def stop(self, within: float) -> None:
        """Send every client away, and give the functions `within` seconds."""
        self._stopping = True
        for socket in list(self.sockets.values()):
            socket.go_away()
        await self._tasks.finish(within)

    # $connect

    async def _connect(self, wire: SocketWire, handshake: Handshake) -> None:
        now = time.time()
        origin = Origin(
            connection_id=self._new_connection_id(),
            connected_at=int(now * 1000),
            source_ip=handshake.source_ip,
            user_agent=handshake.header("user-agent"),
            domain=handshake.header("host") or "",
            api_id=self._id,
            stage=self.api.stage,
            stage_variables=self.api.stage_variables,
        )
        decision = Decision(200)
        if self.api.authorizer:
            told = await ask(self.api.authorizer, handshake, origin, self._setup, self._region)
            if isinstance(told, Refused):
                decision = Decision(told.status)
            else:
                origin = replace(origin, authorizer=told)
        if decision.accepted and (route := self.api.routes.get(CONNECT)):
            decision = await self._decide(route, handshake, origin, now)
        if not decision.accepted:
            wire.reject(decision.status, _body(FORBIDDEN))
        elif wire.lost:
            # The function has let in a client that is no longer there.
            await self._disconnect(origin, NO_CLOSE_FRAME, "")
        else:
            socket = Socket(wire, origin, self, self._setup)
            self.sockets[socket.id] = socket
            self._observer(Opened(socket.id, origin.source_ip))
            wire.accept(socket, decision.subprotocol)

    async def _decide(
        self, route: SocketRoute, handshake: Handshake, origin: Origin, now: float
    ) -> Decision:
        request_id = new_id()
        event = connect_event(handshake, origin, request_id, now)
        started = time.perf_counter()
        result = await self._invoke(route, event)
        decision = handshake_decision(result)
        self._report(route, event, result, started, decision.status)
        return decision

    # messages

    async def _message(self, socket: Socket, text: str) -> None:
        try:
            await self._held_up(socket)
            key = self._select(text)
            route = None if key in _NOT_FOR_MESSAGES else self.api.routes.get(key or DEFAULT)
            route = route or self.api.routes.get(DEFAULT)
            if route is None:
                self._say(socket, FORBIDDEN, new_id())
            else:
                await self._call(socket, route, text)
        finally:
            socket.finished()

    async def _held_up(self, socket: Socket) -> None:
        """Let a message wait, if a fault says so, and those that wait for it go on."""
        if (seconds := self._faults.strike("message.delay", socket.id)) is not None:
            await asyncio.sleep(seconds)
        overtaken = self._overtaken.pop(socket.id, None)
        if (seconds := self._faults.strike("message.reorder", socket.id)) is not None:
            waits = self._overtaken[socket.id] = asyncio.Event()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await waits.wait()
            self._overtaken.pop(socket.id, None)
        if overtaken:
            # After this one's event has gone out, not before.
            asyncio.get_running_loop().call_later(_HEAD_START, overtaken.set)

    async def _call(self, socket: Socket, route: SocketRoute, text: str) -> None:
        request_id = new_id()
        event = message_event(text, route.key, socket.origin, request_id, time.time())
        started = time.perf_counter()
        result = await self._invoke(route, event)
        self._report(route, event, result, started)
        if result.failure is not None:
            timed_out = result.failure is Failure.TIMED_OUT
            self._say(socket, TIMED_OUT if timed_out else INTERNAL, request_id)
        elif route.two_way and (body := route_response(result.payload)) is not None:
            # What AWS says of a longer one is told nowhere; the client cannot be sent it.
            fits = len(body) <= self._setup.limits.message
            self._send(socket, body) if fits else self._say(socket, INTERNAL, request_id)

    def _say(self, socket: Socket, message: str, request_id: str) -> None:
        self._send(socket, error_frame(message, socket.id, request_id))

    def _send(self, socket: Socket, data: bytes) -> None:
        # Nobody is told of these: the client has gone, or reads too slowly to hear it.
        with suppress(GoneError, BufferFullError):
            socket.send(data)

    # $disconnect

    async def _disconnect(self, origin: Origin, code: int, reason: str) -> None:
        if self._faults.strike("disconnect.drop", origin.connection_id) is not None:
            return
        if (seconds := self._faults.strike("disconnect.delay", origin.connection_id)) is not None:
            await asyncio.sleep(seconds)
        if route := self.api.routes.get(DISCONNECT):
            event = disconnect_event(code, reason, origin, new_id(), time.time())
            started = time.perf_counter()
            result = await self._invoke(route, event)
            self._report(route, event, result, started)

    # all of them

    async def _invoke(self, route: SocketRoute, event: Mapping[str, Any]) -> Result:
        seconds = self._setup.limits.integration(route.integration_timeout).total_seconds()
        return await integrate(self._setup.lambdas, route.function, event, seconds)

    def _report(
        self,
        route: SocketRoute,
        event: Mapping[str, Any],
        result: Result,
        started: float,
        status: int | None = None,
    ) -> None:
        context = event["requestContext"]
        self._observer(
            Invocation(
                route=context["routeKey"],
                function=route.function,
                status=status,
                milliseconds=(time.perf_counter() - started) * 1000,
                cold=result.cold,
                request_id=context["requestId"],
                connection_id=context["connectionId"],
                error=result.error,
            )
        )


def _body(message: str) -> bytes:
    return f'{{"message":"{message}"}}'.encode()
