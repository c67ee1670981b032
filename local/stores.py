"""Data stores and AWS's services for a template: given by the environment, or started here."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from local.model import Service, Template
from local.queues.sqs import make_queues
from local.services.embedded import EmbeddedServices, Endpoints
from local.services.keyring import Keyring
from local.services.moto import Cloud
from local.services.reach import reach_database, reach_redis
from local.variables import AWS_ENDPOINT_URL, DATABASE_URL, REDIS_URL

_VARIABLES: Mapping[Service, str] = {
    "postgres": DATABASE_URL,
    "valkey": REDIS_URL,
    "aws": AWS_ENDPOINT_URL,
}
_NAMES: Mapping[Service, str] = {"postgres": "PostgreSQL", "valkey": "Valkey", "aws": "AWS"}


@dataclass(frozen=True)
class Stores:
    """What a template needs beside its functions, and where that comes from."""

    template: Template
    environment: Mapping[str, str]

    @property
    def needed(self) -> tuple[Service, ...]:
        """What the template asks for, and SQS for its queues."""
        asked = self.template.local.services
        return (*asked, "aws") if self.template.queues and "aws" not in asked else asked

    @asynccontextmanager
    async def running(self, folder: Path, keyring: Keyring) -> AsyncIterator[EmbeddedServices]:
        """Start what is not given, and see whether the rest answers.

        Raises:
            ServiceError: One does not start, or does not answer.
        """
        embedded = EmbeddedServices(
            folder,
            keyring,
            wanted=[name for name in self.needed if not self._given(name)],
            cloud=Cloud(self.template.region, self.template.queues),
        )
        try:
            await self._reach()
            await embedded.start()
            yield embedded
        finally:
            await embedded.stop()

    def urls(self, endpoints: Endpoints) -> dict[str, str]:
        """Where everything is, by the variables that say so."""
        here: Mapping[Service, str] = {
            "postgres": endpoints.database_url,
            "valkey": endpoints.redis_url,
            "aws": endpoints.aws_url,
        }
        return {_VARIABLES[name]: self._given(name) or here[name] for name in self.needed}

    def whereabouts(self) -> list[tuple[str, str]]:
        """Name and place of each, without a URL, which may hold a password."""
        return [
            (_NAMES[name], f"given by {_VARIABLES[name]}" if self._given(name) else "embedded")
            for name in self.needed
        ]

    def _given(self, name: Service) -> str:
        return self.environment.get(_VARIABLES[name]) or ""

    async def _reach(self) -> None:
        reaching: Mapping[Service, Callable[[str], Awaitable[None]]] = {
            "postgres": reach_database,
            "valkey": reach_redis,
            "aws": self._make_queues,  # our own makes them when it wakes
        }
        given = ((name, self._given(name)) for name in self.needed)
        await asyncio.gather(*(reaching[name](url) for name, url in given if url))

    async def _make_queues(self, url: str) -> None:
        await make_queues(url, self.template.region, self.template.queues)
