"""Fleets of one function of `containers/`, as processes or as threads."""

import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.gateway.faults import Faults
from local.lambdas.fleet import Fleet
from local.lambdas.invocation import Outcome
from local.lambdas.pool import Lifecycle
from local.lambdas.processes import Processes
from local.lambdas.threads import Threads
from local.lambdas.watchers import Watchers
from local.mischief import Mischief
from local.model import Function

CODE = Path(__file__).parent / "containers"


class Started:
    """A fleet of one function."""

    def __init__(self, fleet: Fleet, lines: list[str]) -> None:
        self.fleet = fleet
        self.lines = lines

    async def outcome(self, **event: object) -> Outcome:
        return await self.fleet.invoke("F", event)

    async def result(self, **event: object) -> Any:
        outcome = await self.outcome(**event)
        assert outcome.payload is not None, outcome.error
        return json.loads(outcome.payload)

    async def error(self, **event: object) -> tuple[str, str]:
        outcome = await self.outcome(**event)
        assert outcome.error
        return outcome.error.type, outcome.error.message.replace(outcome.request_id, "ID")


Start = Callable[..., Any]


def starter(kind: type[Processes | Threads], stack: AsyncExitStack) -> Start:
    async def start(
        handler: str,
        *,
        lifecycle: Lifecycle | None = None,
        extra: dict[str, str] | None = None,
        faults: Faults | None = None,
        **of: Any,
    ) -> Started:
        lines: list[str] = []
        function = replace(Function("F", handler, CODE, memory_mb=512), **of)
        fleet = kind(
            {"F": function},
            environment=extra or {"AWS_ACCESS_KEY_ID": "local"},
            lifecycle=lifecycle,
            watchers=Watchers(
                log=lambda _name, line: lines.append(line), meddle=Mischief(faults or Faults())
            ),
        )
        await fleet.start()
        stack.push_async_callback(fleet.stop)
        return Started(fleet, lines)

    return start


@pytest.fixture(params=[Processes, Threads], ids=["processes", "threads"])
async def start(request: pytest.FixtureRequest) -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:
        yield starter(request.param, stack)
    for module in ("behaves", "cannot_be_imported", "exits_at_import"):
        sys.modules.pop(module, None)


@pytest.fixture
async def start_process() -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:
        yield starter(Processes, stack)
