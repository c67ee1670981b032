"""What a container is to the pool that owns it, be it a process or a thread."""

import asyncio
from typing import Protocol

from local.lambdas.failures import Failure
from local.lambdas.invocation import FunctionError
from local.lambdas.runtime_api import Request


class Container(Protocol):
    """One place where a function runs, one event at a time, keeping its modules' state."""

    @property
    def ended(self) -> asyncio.Future[None]:
        """Done once it has ended, on its own or not."""
        ...

    @property
    def usable(self) -> bool:
        """Whether it can take another event: not after a timeout, a crash or an exit."""
        ...

    async def start(self) -> Failure | None:
        """Import the handler; None once an event can be handed out."""
        ...

    async def run(self, request: Request) -> bytes | FunctionError:
        """Handle one event: the result as JSON, or how it failed."""
        ...

    async def settle(self) -> None:
        """Wait, after an answer, until it asks for the next event or has ended.

        What a runtime does after its answer (it may exit) is not the next caller's business.
        """
        ...

    def kill(self, verdict: Failure) -> None:
        """End it at once; the caller of the event in it is told `verdict`."""
        ...

    async def close(self) -> None:
        """End it."""
        ...
