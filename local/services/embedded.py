"""All servers together: started side by side, stopped in order."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from local.model import Service
from local.services.errors import ServiceError
from local.services.folder import data_folder
from local.services.keyring import Keyring
from local.services.moto import Cloud, Moto
from local.services.postgres import Postgres
from local.services.valkey import Valkey


@dataclass(frozen=True)
class Endpoints:
    """Where they listen. The first two URLs carry passwords: never print them."""

    database_url: str
    """`postgresql://hub:…@127.0.0.1:PORT/hub`; empty if PostgreSQL was not wanted."""
    redis_url: str
    """`redis://:…@127.0.0.1:PORT/0`; empty if Valkey was not wanted."""
    aws_url: str = ""
    """`http://127.0.0.1:PORT`; empty if AWS's services were not wanted."""


class EmbeddedServices:
    """The servers of one data folder, which the caller holds (`data_folder`)."""

    def __init__(
        self,
        folder: Path,
        keyring: Keyring,
        *,
        wanted: Collection[Service] = ("postgres", "valkey"),
        durable: bool = True,
        cloud: Cloud = Cloud(),  # noqa: B008 (a constant)
    ) -> None:
        """Choose the servers; `durable=False` is for tests, which begin anew after a power cut."""
        self._postgres = self._valkey = self._moto = None
        if "postgres" in wanted:
            password = keyring.secret("postgres.password")
            self._postgres = Postgres(folder, password, durable=durable)
        if "valkey" in wanted:
            password = keyring.secret("valkey.password")
            self._valkey = Valkey(folder, password, durable=durable)
        if "aws" in wanted:
            self._moto = Moto(folder, cloud)
        self.endpoints = Endpoints("", "")
        """Where they are, once they have started."""
        servers = (self._postgres, self._valkey, self._moto)
        self._servers = [server for server in servers if server]

    async def start(self) -> Endpoints:
        """Start all at once; if one fails or the caller gives up, none is left running.

        Raises:
            ServiceError: One does not start.
        """
        try:
            urls = await self._start_together()
        except BaseException:
            await self.stop()
            raise
        self.endpoints = Endpoints(
            database_url=urls[self._postgres] if self._postgres else "",
            redis_url=urls[self._valkey] if self._valkey else "",
            aws_url=urls[self._moto] if self._moto else "",
        )
        return self.endpoints

    async def _start_together(self) -> dict[Postgres | Valkey | Moto, str]:
        try:
            async with asyncio.TaskGroup() as group:
                starts = {server: group.create_task(server.start()) for server in self._servers}
        except* ServiceError as failed:
            raise failed.exceptions[0] from failed
        return {server: start.result() for server, start in starts.items()}

    async def wake(self) -> None:
        """Start what can wait until the doors are open; who asks sooner waits for an answer."""
        if self._moto:
            await self._moto.wake()

    async def failed(self) -> ServiceError:
        """Wait until a server ends by itself, which it should not; for ever if there is none."""
        if not self._servers:
            await asyncio.Event().wait()
        ends = [asyncio.ensure_future(server.ended()) for server in self._servers]
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        return done.pop().result()

    async def stop(self) -> None:
        """Stop all, in order, and wait until they have gone."""
        await asyncio.gather(*(server.stop() for server in self._servers))


@asynccontextmanager
async def embedded_services(folder: Path, *, durable: bool = True) -> AsyncIterator[Endpoints]:
    """Hold `folder` and run PostgreSQL and Valkey on it.

    Raises:
        ServiceError: The folder is in use, or a server does not start.
    """
    with data_folder(folder) as held:
        services = EmbeddedServices(held, Keyring(held), durable=durable)
        endpoints = await services.start()
        try:
            yield endpoints
        finally:
            await services.stop()
