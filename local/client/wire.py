"""One WebSocket connection: frames out, frames in, and the end of it."""

import asyncio
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from local.client.frames import Frame


class ConnectionLost(Exception):
    """There is no connection (any more), or none could be had."""


class Wire:
    """A connection that is open, until it is closed or cut."""

    def __init__(self, socket: ClientConnection, number: int) -> None:
        self.number = number
        """The how-manieth of its client."""
        self._socket = socket
        self._reader: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str, number: int) -> "Wire":
        """Connect.

        Raises:
            ConnectionLost: Nobody answers, or the handshake is refused.
        """
        try:
            # No pings of the protocol's own: API Gateway does not count them as life.
            socket = await connect(
                url,
                open_timeout=10,
                close_timeout=1,
                ping_interval=None,
                compression=None,
                max_size=None,
                proxy=None,
            )
        except Exception as error:
            raise ConnectionLost(f"no connection to {url}: {error}") from error
        return cls(socket, number)

    def read(self, heard: Callable[["Wire", str], None], over: Callable[["Wire"], None]) -> None:
        """Hand on every frame that comes, and then the end."""

        async def reading() -> None:
            try:
                async for text in self._socket:
                    heard(self, text if isinstance(text, str) else text.decode())
            except ConnectionClosed:
                pass  # how it ended, `close_code` tells
            finally:
                over(self)

        self._reader = asyncio.create_task(reading())

    async def send(self, text: str) -> None:
        """Send a text as it is.

        Raises:
            ConnectionLost: It is over.
        """
        try:
            await self._socket.send(text)
        except ConnectionClosed as error:
            raise ConnectionLost(str(error)) from error

    async def send_frame(self, frame: Frame) -> None:
        """Send a frame."""
        await self.send(frame.text())

    @property
    def close_code(self) -> int | None:
        """Why it closed (1006: it was cut); None while it is open."""
        return self._socket.close_code

    def cut(self) -> None:
        """End it as a network does: without a word to the other side."""
        self._socket.transport.abort()

    async def close(self) -> None:
        """End it politely, and wait until it has ended."""
        await self._socket.close()
        await self.ended()

    async def ended(self) -> None:
        """Wait until it is over and everything that came was handed on."""
        if self._reader:
            await asyncio.gather(self._reader, return_exceptions=True)
