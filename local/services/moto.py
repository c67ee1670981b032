"""AWS's other services (SQS, S3, …), played by moto on this machine; it keeps nothing on disk."""

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from pathlib import Path

from local.services.child import Server
from local.services.errors import ServiceError
from local.services.ports import PickPort, free_port

_TRIES = 5
_START = 30.0


class Moto:
    """One moto server on a free port of 127.0.0.1."""

    def __init__(self, folder: Path, *, pick_port: PickPort = free_port) -> None:
        self.server = Server("moto", folder, shutdown=signal.SIGTERM)
        self._pick_port = pick_port
        self._process: Process | None = None

    async def start(self) -> str:
        """Start, and return the URL once it answers.

        Raises:
            ServiceError: It does not start.
        """
        await self.server.reap()
        port = self._pick_port(self.server.last_port())
        for _ in range(_TRIES):
            self._process = process = await self.server.spawn(
                [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
            )
            self.server.remember(process, port)
            if await self._answers(process, port):
                return f"http://127.0.0.1:{port}"
            port = self._pick_port(None)
        raise self.server.broken(process)

    async def ended(self) -> ServiceError:
        """Wait until the server ends by itself."""
        assert self._process
        await self._process.wait()
        return self.server.broken(self._process)

    async def stop(self) -> None:
        """End it."""
        if self._process:
            await self.server.stop(self._process)

    async def _answers(self, process: Process, port: int) -> bool:
        """Wait until it listens; False when the process ends instead, as with a taken port."""
        async with self.server.within(_START):
            while process.returncode is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return True
        return False
