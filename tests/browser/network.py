"""A network between browsers and the product that can be cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Network:
    """Passes bytes on to a port of this machine, as long as it is whole."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._whole = True
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0
        """Where it listens."""

    @asynccontextmanager
    async def up(self) -> AsyncIterator["Network"]:
        """Listen."""
        server = await asyncio.start_server(self._passed, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        """Every connection breaks, and no other comes about."""
        self._whole = False
        for writer in list(self._writers):
            writer.transport.abort()

    def mend(self) -> None:
        """Connections come about again."""
        self._whole = True

    async def _passed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        both = {writer, back}
        self._writers |= both
        await asyncio.gather(_pass(reader, back), _pass(there, writer))
        self._writers -= both


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while some := await reader.read(65536):
            writer.write(some)
            await writer.drain()
    except OSError:
        pass  # it was cut
    finally:
        writer.close()
