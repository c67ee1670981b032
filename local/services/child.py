"""A server process: started, remembered in a file, stopped, and found again after a crash."""

import asyncio
import json
import re
import signal
import socket
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from local.services.errors import ServiceError
from local.services.private import write_private
from local.services.tether import tethered

_LOG_LIMIT = 5 * 1024 * 1024
_LAST_LINES = 12
_COMPLAINT = re.compile(r"\b(?:FATAL|PANIC|ERROR|error|Failed)\b")
_GENTLE = 10.0
"""Seconds a server has for its orderly shutdown before it is killed."""


@dataclass(frozen=True)
class Server:
    """What the life of one kind of server looks like; its files are in `folder`."""

    name: str
    """As a person knows it: `PostgreSQL`."""
    folder: Path
    shutdown: signal.Signals
    """The signal on which it ends in order, dropping its clients."""
    user: str = "-"
    """Whom it runs as; `-`: as we do."""

    @property
    def log(self) -> Path:
        """All that the server writes."""
        return self.folder / f"{self.name.lower()}.log"

    @property
    def _record(self) -> Path:
        return self.folder / f"{self.name.lower()}.pid"

    async def spawn(
        self, command: Sequence[str | Path], stdin: bytes | socket.socket | None = None
    ) -> Process:
        """Start a process tied to ours, in a session of its own so that Ctrl-C is for us alone.

        `stdin` is for what must not stand in the process list, or a socket to be taken over.
        """
        with self._open_log() as log:
            process = await asyncio.create_subprocess_exec(
                *tethered(command, self.shutdown, self.user),
                stdin=_channel(stdin),
                stdout=log,
                stderr=STDOUT,
                start_new_session=True,
            )
        if isinstance(stdin, bytes) and process.stdin is not None:
            process.stdin.write(stdin)
            process.stdin.close()
        return process

    def remember(self, process: Process, port: int) -> None:
        """Keep who runs and where, for a successor that finds us dead."""
        try:
            started = psutil.Process(process.pid).create_time()
        except psutil.NoSuchProcess:
            return
        write_private(
            self._record, json.dumps({"pid": process.pid, "started": started, "port": port})
        )

    def last_port(self) -> int | None:
        """Where it listened last time: worth trying again, for those who have noted it."""
        record = self._read_record()
        return int(record["port"]) if record else None

    async def stop(self, process: Process) -> None:
        """End the server in order; if it does not end, kill it."""
        if process.returncode is None:
            process.send_signal(self.shutdown)
            try:
                async with asyncio.timeout(_GENTLE):
                    await process.wait()
            except TimeoutError:
                process.kill()
        await process.wait()

    async def reap(self) -> None:
        """End the server of an emulator that was killed.

        The kernel has told it to end already (die_with_parent), so this is mostly waiting. Known by
        process id together with start time: an id is soon given to somebody else.
        """
        orphan = self._orphan()
        if orphan is None:
            return
        orphan.send_signal(self.shutdown)
        if not await _ended(orphan, _GENTLE):
            orphan.kill()
            if not await _ended(orphan, _GENTLE):
                raise ServiceError(
                    f"A {self.name} of an earlier run (process {orphan.pid}) does not end."
                )

    def broken(self, process: Process) -> ServiceError:
        """Tell of a server that has ended by itself."""
        return ServiceError(
            f"{self.name} stopped with exit code {process.returncode}: {self.last_words()} "
            f"(all of it in {self.log})"
        )

    @asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        """Bound the wait for a server that neither answers nor ends.

        Raises:
            ServiceError: The time is over.
        """
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            raise ServiceError(
                f"{self.name} does not answer after {seconds:.0f} s (its log is {self.log})."
            ) from error

    def last_words(self) -> str:
        """Return what the end of the log says about the cause."""
        lines = self.log.read_text(errors="replace").strip().split("\n")[-_LAST_LINES:]
        complaints = [line for line in lines if _COMPLAINT.search(line)]
        return (complaints or lines)[-1].strip() or "it said nothing"

    def _open_log(self) -> IO[bytes]:
        mode = "wb" if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT else "ab"
        return self.log.open(mode)

    def _read_record(self) -> dict[str, float] | None:
        try:
            record: dict[str, float] = json.loads(self._record.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return record

    def _orphan(self) -> psutil.Process | None:
        record = self._read_record()
        return still_running(int(record["pid"]), record["started"]) if record else None


def _channel(stdin: bytes | socket.socket | None) -> int:
    if isinstance(stdin, socket.socket):
        return stdin.fileno()
    return DEVNULL if stdin is None else PIPE


def still_running(pid: int, started: float) -> psutil.Process | None:
    """Return the process `pid` if it is the one that started at `started` (seconds since 1970)."""
    try:
        process = psutil.Process(pid)
        # An id comes round again after thousands of processes; a clock is corrected by fractions.
        same = abs(process.create_time() - started) < 1
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


async def _ended(process: psutil.Process, seconds: float) -> bool:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if loop.time() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True
