"""The `@connections` management API: how a backend reaches clients, and what AWS answers."""

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import unquote

import orjson

from local.gateway.exchange import Request, Response
from local.gateway.ids import WELL_FORMED
from local.gateway.nodes import Nodes, NodeUnreachableError
from local.gateway.observer import Management
from local.gateway.setup import Setup
from local.gateway.sigv4 import Credentials, SignatureRefusedError, Verifier
from local.gateway.socket_api import SocketApi
from local.gateway.sockets import BufferFullError, GoneError, Socket

_PATH = re.compile(r"(?:/(?P<stage>[^/]+))?/(?:@|%40)connections/(?P<id>[^/]+)")

_ERROR_TYPE = b"x-amzn-errortype"
_JSON = (b"content-type", b"application/json")

_POSTED = Response(200)
_DELETED = Response(204)
_GONE = Response(410, b"", ((_ERROR_TYPE, b"GoneException"),))
"""AWS sends no body at all."""


class ConnectionsApi:
    """Answers `POST`, `GET` and `DELETE` on `/{stage}/@connections/{id}`."""

    def __init__(
        self,
        sockets: SocketApi,
        verifier: Verifier,
        nodes: Nodes | None,
        setup: Setup,
    ) -> None:
        """`nodes`: the others of this gateway; without them, this one is alone."""
        self._sockets = sockets
        self._verifier = verifier
        self._nodes = nodes
        self._limits = setup.limits
        self._observer = setup.observer
        self._faults = setup.faults

    @staticmethod
    def takes(raw_path: str) -> bool:
        """Whether a path is this API's."""
        return "connections/" in raw_path and _split(raw_path)[1] != ""

    async def __call__(self, request: Request) -> Response:
        """Check the signature, find the connection, do as asked."""
        started = time.perf_counter()
        stage, connection_id = _parts(request)
        response = await self._answer(request, stage, connection_id)
        self._tell(request, response, started, connection_id)
        return response

    def has(self, request: Request) -> bool:
        """Whether `at_once` can answer: the connection is here, and no fault may strike."""
        return _parts(request)[1] in self._sockets.sockets and not self._faults.in_force

    def at_once(self, request: Request) -> Response:
        """The same for a connection that is here."""
        started = time.perf_counter()
        stage, connection_id = _parts(request)
        try:
            self._verifier.verify(request)
        except SignatureRefusedError as refused:
            response = _error(403, refused.error, str(refused))
        else:
            refusal = self._refusal(request, stage, connection_id)
            response = refusal or self._local(request, self._sockets.sockets[connection_id])
        self._tell(request, response, started, connection_id)
        return response

    def _tell(
        self, request: Request, response: Response, started: float, connection_id: str
    ) -> None:
        milliseconds = (time.perf_counter() - started) * 1000
        self._observer(Management(request.method, response.status, milliseconds, connection_id))

    async def _answer(self, request: Request, stage: str | None, connection_id: str) -> Response:
        try:
            signer = self._verifier.verify(request)
        except SignatureRefusedError as refused:
            return _error(403, refused.error, str(refused))
        if refusal := self._refusal(request, stage, connection_id):
            return refusal
        if (socket := self._sockets.sockets.get(connection_id)) is None:
            return await self._elsewhere(request, connection_id, signer)
        if request.method == "POST" and (wrong := await self._wrong(request, socket)):
            return wrong
        return self._local(request, socket)

    def _refusal(self, request: Request, stage: str | None, connection_id: str) -> Response | None:
        if stage not in (None, self._sockets.api.stage):
            return _error(403, "ForbiddenException", "Forbidden")
        if not WELL_FORMED.fullmatch(connection_id):
            return _error(400, "BadRequestException", f"Invalid connectionId: {connection_id}")
        if request.method == "POST" and len(request.body) > self._limits.message:
            return _error(413, "PayloadTooLargeException", "Payload too large")
        return None

    def _local(self, request: Request, socket: Socket) -> Response:
        if request.method == "POST":
            return _post(socket, request.body)
        if request.method == "GET":
            return _describe(socket)
        if request.method == "DELETE":
            socket.delete()
            return _DELETED
        return _error(403, "MissingAuthenticationTokenException", "Missing Authentication Token")

    async def _wrong(self, request: Request, socket: Socket) -> Response | None:
        """What a fault answers instead."""
        if self._faults.strike("post.gone", socket.id) is not None:
            return _GONE
        if self._faults.strike("post.throttle", socket.id) is not None:
            return throttled()
        if (seconds := self._faults.strike("post.timeout", socket.id)) is not None:
            if self._faults.coin("post.timeout"):
                _post(socket, request.body)
            await asyncio.sleep(seconds)
            return _error(500, "InternalServerErrorException", "Internal server error")
        return None

    async def _elsewhere(
        self, request: Request, connection_id: str, signer: Credentials
    ) -> Response:
        # What another node has signed is not sent on: a request makes one step at most.
        if self._nodes is None or signer == self._nodes.credentials:
            return _GONE
        try:
            return await self._nodes.forward(request, connection_id) or _GONE
        except NodeUnreachableError as failed:
            return _error(500, "InternalServerErrorException", str(failed))


def _parts(request: Request) -> tuple[str | None, str]:
    """Stage, if it is named, and connection id."""
    return _split(request.raw_path)


@lru_cache(maxsize=4096)
def _split(raw_path: str) -> tuple[str | None, str]:
    found = _PATH.fullmatch(raw_path)
    return (found["stage"], unquote(found["id"])) if found else (None, "")


def throttled() -> Response:
    """The account has made more requests than it may."""
    return _error(429, "LimitExceededException", "Rate exceeded")


def _post(socket: Socket, data: bytes) -> Response:
    try:
        socket.send(data)
    except GoneError:
        return _GONE
    except BufferFullError:
        return _error(429, "LimitExceededException", "The WebSocket client side buffer is full")
    return _POSTED


def _describe(socket: Socket) -> Response:
    connected = datetime.fromtimestamp(socket.origin.connected_at / 1000, UTC)
    active = datetime.now(UTC) - timedelta(seconds=socket.idle_seconds)
    description = {
        "connectedAt": _iso8601(connected),
        "identity": socket.origin.identity(),
        "lastActiveAt": _iso8601(active),
    }
    return Response(200, orjson.dumps(description), (_JSON,))


def _iso8601(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _error(status: int, error: str, message: str) -> Response:
    return Response(
        status, orjson.dumps({"message": message}), ((_ERROR_TYPE, error.encode()), _JSON)
    )
