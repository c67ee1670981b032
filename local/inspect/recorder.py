"""Keeps the last of what happened: invocations with their events, frames, connections, faults."""

import asyncio
import json
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from local.gateway.observer import (
    Closed,
    Frame,
    Invocation,
    Management,
    Observation,
    Opened,
    Struck,
)
from local.inspect.masking import masked
from local.lambdas.invocation import Event, Outcome

ENTRIES = 5000
CALLS = 500
"""Invocations whose event and result are kept."""
_LONGEST = 16 * 1024
"""Characters kept of a frame, an event or a result."""


@dataclass(frozen=True, slots=True)
class _Entry:
    number: int
    at: float
    told: Observation | tuple[str, str]
    """What was observed; or a function's name and a line that it wrote."""


@dataclass(frozen=True, slots=True)
class _Call:
    event: Event
    outcome: Outcome


class Recorder:
    """Everything that the page shows."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._entries: deque[_Entry] = deque(maxlen=ENTRIES)
        self._calls: OrderedDict[tuple[str, str], _Call] = OrderedDict()
        self._open: dict[str, float] = {}
        self._number = 0
        self._more = asyncio.Event()

    # what is told

    def observe(self, observation: Observation) -> None:
        """Keep what the gateway tells."""
        if isinstance(observation, Opened):
            self._open[observation.connection_id] = self._clock()
        elif isinstance(observation, Closed):
            self._open.pop(observation.connection_id, None)
        self._keep(observation)

    def invoked(self, function: str, event: Event, outcome: Outcome) -> None:
        """Keep what a function was given and what it made of it."""
        key = event.get("requestContext", {}).get("requestId") or outcome.request_id
        self._calls[function, key] = _Call(event, outcome)
        while len(self._calls) > CALLS:
            self._calls.popitem(last=False)

    def wrote(self, function: str, line: str) -> None:
        """Keep a line of a function's log."""
        self._keep((function, line))

    def _keep(self, told: Observation | tuple[str, str]) -> None:
        self._number += 1
        self._entries.append(_Entry(self._number, self._clock(), told))
        self._more.set()

    # what is asked

    async def since(self, number: int, wait: float) -> dict[str, Any]:
        """Everything after a number, as soon as there is anything within `wait` seconds."""
        if number >= self._number:
            self._more.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._more.wait()
        return {
            "cursor": self._number,
            "entries": [_shown(entry) for entry in self._entries if entry.number > number],
            "connections": [
                {"id": connection_id, "since": since} for connection_id, since in self._open.items()
            ],
        }

    def call(self, function: str, request_id: str) -> dict[str, Any] | None:
        """An invocation's event and result; None if they are not kept (any more)."""
        call = self._calls.get((function, request_id))
        if call is None:
            return None
        outcome = call.outcome
        answer = json.dumps(outcome.error.payload) if outcome.error else outcome.payload or b""
        return {
            "event": _cut(json.dumps(call.event)),
            "result": _cut(answer),
            "awsRequestId": outcome.request_id,
            "cold": outcome.cold,
            "milliseconds": outcome.duration.total_seconds() * 1000,
        }


def _shown(entry: _Entry) -> dict[str, Any]:
    return {"n": entry.number, "at": entry.at, **_told(entry.told)}


def _told(told: Observation | tuple[str, str]) -> dict[str, Any]:
    """What the page needs of an entry; times in milliseconds."""
    shown: dict[str, Any]
    match told:
        case Invocation():
            shown = {
                "kind": "invocation",
                "route": told.route,
                "function": told.function,
                "status": told.status,
                "ms": told.milliseconds,
                "cold": told.cold,
                "request": told.request_id,
                "connection": told.connection_id,
                "error": told.error,
            }
        case Frame():
            shown = {
                "kind": "frame",
                "direction": told.direction,
                "connection": told.connection_id,
                "text": _cut(told.data),
            }
        case Management():
            shown = {
                "kind": "post",
                "method": told.method,
                "status": told.status,
                "ms": told.milliseconds,
                "connection": told.connection_id,
            }
        case Opened():
            shown = {"kind": "opened", "connection": told.connection_id, "ip": told.source_ip}
        case Closed():
            shown = {
                "kind": "closed",
                "connection": told.connection_id,
                "code": told.code,
                "reason": told.reason,
            }
        case Struck():
            shown = {
                "kind": "fault",
                "fault": told.kind,
                "chance": told.number,
                "seed": told.seed,
                "amount": told.amount,
                "subject": told.subject,
            }
        case (function, line):
            shown = {"kind": "log", "function": function, "text": masked(line[:_LONGEST])}
    return shown


def _cut(data: str | bytes) -> str:
    text = data.decode(errors="replace") if isinstance(data, bytes) else data
    whole = masked(text[:_LONGEST])
    return whole if len(text) <= _LONGEST else f"{whole}… ({len(text)} characters)"
