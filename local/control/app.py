"""What the control port answers: JSON over HTTP, for this machine alone."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from local.gateway.exchange import Request, Response
from local.gateway.faults import KINDS, Faults, UnknownFaultError, read_fault
from local.gateway.gateway import Gateway
from local.gateway.limits import Limits
from local.gateway.socket_event import Handshake
from local.gateway.socket_wire import SocketWire
from local.gateway.sockets import Socket
from local.lambdas.fleet import Fleet

_JSON = (b"content-type", b"application/json")
_NEARBY = frozenset({"localhost", "127.0.0.1", "[::1]"})

Answer = Callable[[Request, str], Awaitable[Response]]


@dataclass(frozen=True)
class Reach:
    """What can be controlled."""

    faults: Faults
    fleet: Fleet
    gateways: Sequence[Gateway]

    def socket(self, connection_id: str) -> Socket | None:
        """An open connection of this node."""
        for gateway in self.gateways:
            if found := gateway.connections.get(connection_id):
                return found
        return None


class ControlApp:
    """Serves the control port."""

    limits = Limits()

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._routes: list[tuple[str, re.Pattern[str], Answer]] = []
        self.route("GET", "/faults", self._show_faults)
        self.route("PUT", "/faults", self._enforce_faults)
        self.route("DELETE", "/faults", self._forget_faults)
        self.route("POST", "/functions/([^/]+)/kill", self._kill)
        self.route("POST", "/connections/([^/]+)/abort", self._abort)

    def route(self, method: str, path: str, answer: Answer) -> None:
        """Answer a method and a path, of which a group may be variable."""
        self._routes.append((method, re.compile(path), answer))

    # what the front asks for

    async def answer(self, request: Request) -> Response:
        """Answer one request; refuse what another site's page may have sent."""
        host = urlsplit(f"//{request.header(b'host') or ''}")
        origin = request.header(b"origin")
        if host.hostname not in {"localhost", "127.0.0.1", "::1"} or (
            origin is not None and urlsplit(origin).netloc != host.netloc
        ):
            return refusal(403, "only pages of this port may use it, by the name localhost")
        for method, path, answer in self._routes:
            if method == request.method and (found := path.fullmatch(request.raw_path)):
                return await answer(request, unquote(found[1]) if found.groups() else "")
        return refusal(404, f"there is nothing at {request.method} {request.raw_path}")

    def at_once(self, request: Request) -> Response | None:  # noqa: ARG002 - App's signature
        """Nothing here is so frequent."""
        return None

    def body_too_large(self) -> Response:
        """A body is over 10 MB."""
        return refusal(413, "the body is too large")

    def head_too_large(self) -> Response:
        """Headers are over 10 KB."""
        return refusal(431, "the headers are too large")

    def asked(self, wire: SocketWire, handshake: Handshake) -> None:  # noqa: ARG002 - App's signature
        """There are no sockets here."""
        wire.reject(404, b"{}")

    # faults

    async def _show_faults(self, _request: Request, _: str) -> Response:
        faults = self._reach.faults
        return answered(
            {
                "seed": faults.seed,
                "faults": {kind: str(fault) for kind, fault in faults.in_force.items()},
                "struck": dict(faults.struck),
                "kinds": dict(KINDS),
            }
        )

    async def _enforce_faults(self, request: Request, _: str) -> Response:
        """`{"seed": 42, "faults": {"post.throttle": "0.1", "message.delay": "0.5:2"}}`."""
        try:
            asked = orjson.loads(request.body)
            given = {kind: read_fault(kind, str(text)) for kind, text in asked["faults"].items()}
            seed = int(asked.get("seed", self._reach.faults.seed))
        except UnknownFaultError as unknown:
            return refusal(400, str(unknown))
        except (ValueError, TypeError, KeyError, AttributeError):
            return refusal(
                400, 'the body should be like {"seed": 42, "faults": {"post.gone": 0.1}}'
            )
        self._reach.faults.enforce(given, seed)
        return await self._show_faults(request, "")

    async def _forget_faults(self, request: Request, _: str) -> Response:
        self._reach.faults.enforce({}, self._reach.faults.seed)
        return await self._show_faults(request, "")

    # functions and connections

    async def _kill(self, _request: Request, function: str) -> Response:
        try:
            return answered({"killed": self._reach.fleet.kill(function)})
        except KeyError:
            return refusal(404, f"there is no function {function}")

    async def _abort(self, _request: Request, connection_id: str) -> Response:
        socket = self._reach.socket(connection_id)
        if socket is None:
            return refusal(404, f"there is no connection {connection_id} on this node")
        socket.abort()
        return answered({"aborted": connection_id})


def answered(value: Any) -> Response:
    """A value as JSON."""
    return Response(200, orjson.dumps(value), (_JSON,))


def refusal(status: int, sentence: str) -> Response:
    """Why not."""
    return Response(status, orjson.dumps({"message": sentence}), (_JSON,))
