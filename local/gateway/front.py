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


class PortRefusedError(Exception):
    """Nobody can listen there: another process does, or the machine does not allow it."""


def listen(host: str, port: int, chosen_by: str = "PORT=…") -> socket.socket:
    """Take the port (0: any free one); who connects waits in line until somebody serves it.

    `chosen_by` is how a person says another port.

    Raises:
        PortRefusedError: It is in use, or there is no such host here, or it needs a right.
    """
    try:
        return socket.create_server((host, port), backlog=2048)
    except OSError as failed:
        if failed.errno == errno.EADDRINUSE:
            raise PortRefusedError(
                f"port {port} on {host} is in use by another process: stop that one, "
                f"or choose another port with {chosen_by}"
            ) from failed
        why = str(failed.strerror).partition(" (while")[0]
        raise PortRefusedError(f"port {port} on {host} cannot be opened: {why}") from failed


class Front:
    """Serves one listening port."""

    def __init__(self, app: App, listener: socket.socket) -> None:
        self._app = app
        self._listener = listener
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Answer requests from now on."""
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
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._listener]))
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
        self._listener.close()


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
