"""One port of the gateway: an HTTP API, a WebSocket API and its `@connections`."""

import socket
import time

from local.folder_pages import FolderPages
from local.gateway.answers import head_too_large, not_found, too_large, too_many_requests
from local.gateway.connections_api import ConnectionsApi, throttled
from local.gateway.exchange import Request, Response
from local.gateway.front import Front
from local.gateway.http_api import HttpApiEndpoint
from local.gateway.ids import api_id, new_id
from local.gateway.limits import Limits
from local.gateway.nodes import Nodes
from local.gateway.setup import Setup
from local.gateway.sigv4 import Credentials, Verifier
from local.gateway.socket_api import SocketApi
from local.gateway.socket_event import Handshake
from local.gateway.socket_wire import SocketWire
from local.gateway.sockets import Socket
from local.gateway.token_bucket import TokenBucket
from local.model import Apis

_WILDCARDS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to


class Gateway:
    """Serves the APIs of one port.

    The sockets are at `/ws` and `/<stage>`, their management API at `/@connections/{id}` and
    `/<stage>/@connections/{id}`.
    """

    def __init__(  # noqa: PLR0913 - what a port is made of, each by its name
        self,
        apis: Apis,
        setup: Setup,
        credentials: Credentials,
        *,
        listener: socket.socket,
        redis_url: str | None = None,
        pages: FolderPages | None = None,
    ) -> None:
        """Prepare; nothing is opened before `start`.

        Args:
            apis: What is served.
            setup: The functions behind them, limits, observer, order of messages.
            credentials: Who may call `@connections`.
            listener: The port to serve, from `listen`.
            redis_url: Where the other nodes are found; without it this node is alone.
            pages: What is shown where no route is.

        Raises:
            UnsupportedSelectionError: The route selection expression is beyond us.
        """
        self._setup = setup
        self._credentials = credentials
        self._pages = pages
        self._host: str
        self._port: int
        self._host, self._port = listener.getsockname()[:2]
        self._front = Front(self, listener)
        limits = setup.limits
        self._requests = TokenBucket(
            limits.requests_per_second, time.monotonic, limits.requests_at_once
        )
        region = credentials.region
        self._http = HttpApiEndpoint(apis.http, setup, self._port, region) if apis.http else None
        self._nodes: Nodes | None = None
        self._sockets: SocketApi | None = None
        self._connections: ConnectionsApi | None = None
        if apis.sockets is not None:
            if redis_url is not None:
                self._nodes = Nodes(redis_url, api_id(apis.sockets.name))
            mint = self._nodes.new_connection_id if self._nodes else new_id
            self._sockets = SocketApi(apis.sockets, setup, mint, region)

    @property
    def limits(self) -> Limits:
        """What it allows."""
        return self._setup.limits

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._port

    @property
    def url(self) -> str:
        """`http://host:port`, as a client on this machine reaches it."""
        host = "127.0.0.1" if self._host in _WILDCARDS else self._host
        return f"http://{host}:{self.port}"

    @property
    def connections(self) -> dict[str, Socket]:
        """The open connections on this node, by id."""
        return self._sockets.sockets if self._sockets else {}

    async def start(self) -> None:
        """Open the doors.

        Raises:
            RedisError: The Redis of the nodes does not answer.
        """
        accepted = [self._credentials]
        if self._nodes is not None:
            await self._nodes.join(self.url)
            accepted.append(self._nodes.credentials)
        if self._sockets is not None:
            verifier = Verifier(accepted, self.limits.signature_age.total_seconds())
            self._connections = ConnectionsApi(self._sockets, verifier, self._nodes, self._setup)
        await self._front.serve()

    async def stop(self, within: float = 5.0) -> None:
        """Send the clients away (1001), let functions end for `within` seconds, close the port."""
        if self._sockets is not None:
            await self._sockets.stop(within)
        await self._front.stop()
        if self._nodes is not None:
            await self._nodes.leave()

    # what the front asks for

    async def answer(self, request: Request) -> Response:
        """Answer an HTTP request."""
        allowed = self._requests.take()
        if self._connections is not None and ConnectionsApi.takes(request.raw_path):
            return await self._connections(request) if allowed else throttled()
        if not allowed:
            return too_many_requests(new_id())
        unrouted = self._http is None or not self._http.knows(request)
        if self._pages and unrouted and (page := self._pages.answer(request)):
            return page
        if self._http is not None:
            return await self._http(request)
        return not_found(new_id())

    def at_once(self, request: Request) -> Response | None:
        """Answer a call of the management API for a connection that is here."""
        api = self._connections
        if api is None or not api.takes(request.raw_path) or not api.has(request):
            return None
        return api.at_once(request) if self._requests.take() else throttled()

    def body_too_large(self) -> Response:
        """The body is over the API's 10 MB."""
        return too_large(new_id())

    def head_too_large(self) -> Response:
        """Request line and headers are over 10,240 bytes."""
        return head_too_large(new_id())

    def asked(self, wire: SocketWire, handshake: Handshake) -> None:
        """A client asks for a WebSocket."""
        if self._sockets is None:
            wire.reject(404, b'{"message":"Not Found"}')
        else:
            self._sockets.asked(wire, handshake)
