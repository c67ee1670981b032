"""The server on the port: uvicorn for HTTP, our own wire for WebSockets."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Generator

import uvicorn

from local.gateway.http_wire import App, AsgiApp, HttpWire
from local.gateway.socket_wire import SocketWire

KEEP_ALIVE = 60
"""Seconds that an idle HTTP connection is kept."""

GRACE = 3
"""Seconds for requests under way when the gateway stops."""


class PortTakenError(Exception):
    """Another process listens on the port."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"port {port} on {host} is in use by another process: stop that one, "
            "or choose another port with PORT=…"
        )
        self.port = port


class Front:
    """One listening port."""

    def __init__(self, app: App, host: str, port: int) -> None:
        """`port` 0 lets the system choose one."""
        self._app = app
        self._host = host
        self._asked_port = port
        self._socket: socket.socket | None = None
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The real port; known once it is bound."""
        if self._socket is None:
            return self._asked_port
        port: int = self._socket.getsockname()[1]
        return port

    def bind(self) -> None:
        """Take the port, without serving it yet.

        Raises:
            PortTakenError: It is in use.
        """
        try:
            self._socket = socket.create_server((self._host, self._asked_port), backlog=2048)
        except OSError as failed:
            if failed.errno == errno.EADDRINUSE:
                raise PortTakenError(self._host, self._asked_port) from failed
            raise

    async def serve(self) -> None:
        """Answer requests from now on."""
        if self._socket is None:
            self.bind()
        config = uvicorn.Config(
            AsgiApp(self._app),
            http=HttpWire,
            ws=SocketWire,
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE,
        )
        self._server = _Server(config)
        listening = [self._socket] if self._socket else []
        self._serving = asyncio.create_task(self._server.serve(sockets=listening))
        ready = asyncio.create_task(self._server.ready.wait())
        await asyncio.wait((ready, self._serving), return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            await self._serving

    async def stop(self) -> None:
        """Close the port; requests under way have three seconds."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        if self._socket is not None:
            self._socket.close()


class _Server(uvicorn.Server):
    """A server that leaves signals to those who started it, and says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
