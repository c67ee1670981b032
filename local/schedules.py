"""Schedules: functions that are invoked by the clock, as EventBridge does it."""

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from local.gateway.observer import Invocation
from local.gateway.setup import Setup
from local.lambdas.invocation import InvokeRefusedError, Outcome
from local.model import ACCOUNT_ID, Schedule, Template

_AGAIN = (60.0, 120.0)
"""Seconds before the second and the third try of an event whose function failed."""


class Schedules:
    """Fires the schedules of a template, each in a task of its own."""

    def __init__(
        self,
        template: Template,
        setup: Setup,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Prepare; the limits' time scale shortens all waiting."""
        self._schedules = template.schedules
        self._lambdas = setup.lambdas
        self._observer = setup.observer
        self._region = template.region
        self._time_scale = setup.limits.time_scale
        self._now = now
        self._tasks: list[asyncio.Task[None]] = []
        self._stopped = False

    def start(self) -> None:
        """Begin, with a firing of each at once: a rate's phase is nobody's to rely on."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._run(schedule)) for schedule in self._schedules]

    async def stop(self) -> None:
        """Fire no more; what runs is left to the functions' own end."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, schedule: Schedule) -> None:
        firings: set[asyncio.Task[None]] = set()
        seconds = self._until_first(schedule)
        while seconds is not None:
            await asyncio.sleep(seconds)
            # A slow run does not hold up the next one, on AWS neither.
            firing = asyncio.create_task(self._fire(schedule))
            firings.add(firing)
            firing.add_done_callback(firings.discard)
            seconds = self._until_next(schedule)

    def _until_first(self, schedule: Schedule) -> float | None:
        return 0.0 if isinstance(schedule.when, timedelta) else self._until_next(schedule)

    def _until_next(self, schedule: Schedule) -> float | None:
        if isinstance(schedule.when, timedelta):
            return schedule.when.total_seconds() * self._time_scale
        now = self._now()
        at = schedule.when.next_after(now)
        return None if at is None else (at - now).total_seconds() * self._time_scale

    async def _fire(self, schedule: Schedule) -> None:
        """Invoke the function; as EventBridge's invocations are asynchronous, try again twice."""
        event = schedule_event(schedule, self._now(), self._region)
        for pause in (*_AGAIN, None):
            error = await self._invoke(schedule, event)
            if error is None or pause is None or self._stopped:
                return
            await asyncio.sleep(pause * self._time_scale)

    async def _invoke(self, schedule: Schedule, event: Mapping[str, Any]) -> str | None:
        """What went wrong, if anything did."""
        started = time.perf_counter()
        outcome: Outcome | None = None
        error: str | None
        try:
            outcome = await self._lambdas.invoke(schedule.function, event)
            error = _error(outcome)
        except InvokeRefusedError as refused:
            error = str(refused)
        if error and self._stopped:
            return error  # cut short by the emulator's own end: nothing to worry anybody with
        self._observer(
            Invocation(
                route=f"schedule {schedule.name}",
                function=schedule.function,
                status=None,
                milliseconds=(time.perf_counter() - started) * 1000,
                cold=outcome is not None and outcome.cold,
                request_id=outcome.request_id if outcome else "",
                error=error,
            )
        )
        return error


def _error(outcome: Outcome) -> str | None:
    return f"{outcome.error.type}: {outcome.error.message}" if outcome.error else None


def schedule_event(schedule: Schedule, now: datetime, region: str) -> Mapping[str, Any]:
    """What the function is called with, unless the schedule declares an input of its own.

    Shape: EventBridge user guide, "Creating a rule that runs on a schedule".
    """
    if schedule.input is not None:
        return schedule.input
    rule = "rule" if schedule.source == "aws.events" else "schedule/default"
    service = "events" if schedule.source == "aws.events" else "scheduler"
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": schedule.source,
        "account": ACCOUNT_ID,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [f"arn:aws:{service}:{region}:{ACCOUNT_ID}:{rule}/{schedule.name}"],
        "detail": {},
    }
