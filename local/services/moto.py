"""AWS's other services (SQS, S3, …), played by moto on this machine; it keeps nothing on disk."""

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.model import DEFAULT_REGION, Queue
from local.services.child import Server
from local.services.errors import ServiceError

_HOST = "127.0.0.1"
_SERVER = Path(__file__).with_name("moto_server.py")


@dataclass(frozen=True)
class Cloud:
    """What there is of AWS before anybody asks for it."""

    region: str = DEFAULT_REGION
    queues: Sequence[Queue] = ()


class Moto:
    """One moto server on a free port of 127.0.0.1.

    Its imports take a second of CPU, and nobody needs it at once. So `start` only listens, and
    `wake` starts the process, which takes over the socket: connections of the time between wait in
    its backlog, and nobody is refused.
    """

    def __init__(self, folder: Path, cloud: Cloud) -> None:
        self.server = Server("moto", folder, shutdown=signal.SIGTERM)
        self._cloud = cloud
        self._listener: socket.socket | None = None
        self._process: asyncio.Future[Process] = asyncio.get_running_loop().create_future()

    async def start(self) -> str:
        """Listen; where, is the answer.

        Raises:
            ServiceError: One of an earlier run does not end.
        """
        await self.server.reap()
        self._listener = _listen(self.server.last_port())
        return f"http://{_HOST}:{self._listener.getsockname()[1]}"

    async def wake(self) -> None:
        """Start the process behind the socket."""
        assert self._listener
        queues = {queue.name: dict(queue.attributes) for queue in self._cloud.queues}
        with self._listener as listener:
            process = await self.server.spawn(
                [sys.executable, "-P", _SERVER, self._cloud.region, json.dumps(queues)],
                stdin=listener,
            )
            self.server.remember(process, listener.getsockname()[1])
        self._process.set_result(process)

    async def ended(self) -> ServiceError:
        """Wait until the server ends by itself."""
        process = await asyncio.shield(self._process)
        await process.wait()
        return self.server.broken(process)

    async def stop(self) -> None:
        """End it."""
        if self._listener:
            self._listener.close()
        if self._process.done():
            await self.server.stop(self._process.result())


def _listen(preferred: int | None) -> socket.socket:
    """A socket on the port of the last time, which others may have noted, if that is free."""
    try:
        return socket.create_server((_HOST, preferred or 0), backlog=128)
    except OSError:
        return socket.create_server((_HOST, 0), backlog=128)
