"""The containers of one function: found warm, started when all are busy, ended when idle."""

import asyncio
import signal
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from local.lambdas.container import Container
from local.lambdas.failures import Failure, exited
from local.lambdas.invocation import FunctionError, TooManyRequestsError
from local.lambdas.runtime_api import Request

_KILLED = exited(-signal.SIGKILL)


@dataclass(frozen=True)
class Lifecycle:
    """How many containers each function may have, and how they live."""

    containers: int = 4
    """At most so many at a time; further events wait. AWS would start a thousand."""
    idle_after: timedelta = timedelta(minutes=5)
    """A container without an event for so long is ended. AWS names no figure; minutes are usual."""
    freeze: bool = True
    """Whether a process stands still between events, as on AWS."""
    prewarm: tuple[str, ...] = ()
    """Functions of which one container is started ahead of the first event."""


@dataclass(eq=False)
class Job:
    """One event that waits for a container or is in one."""

    request: Request
    done: asyncio.Future[bytes | FunctionError]
    started: bool = False
    """Whether a container has it."""
    cold: bool = False

    def finish(self, answer: bytes | FunctionError) -> None:
        """Tell the caller, if it has not gone away."""
        if not self.done.done():
            self.done.set_result(answer)


class Pool:
    """Hands a function's events to its containers, the most recently used first."""

    def __init__(
        self, name: str, launch: Callable[[], Container], lifecycle: Lifecycle, reserved: int | None
    ) -> None:
        self._name = name
        self._launch = launch
        self._idle_after = lifecycle.idle_after.total_seconds()
        self._reserved = reserved
        self._limit = (
            lifecycle.containers if reserved is None else min(lifecycle.containers, reserved)
        )
        self._waiting: deque[Job] = deque()
        self._idle: list[asyncio.Future[Job | None]] = []
        self._starting = 0
        self._settling = 0
        """Containers that have answered and will be back for more in a moment."""
        self._jobs: set[Job] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._living: set[Container] = set()
        self._generation = 0
        self._closed = False

    def submit(self, request: Request) -> Job:
        """Put an event in line; after the end, it fares as if its container were killed.

        Raises:
            TooManyRequestsError: The reserved concurrency is used up.
        """
        if self._reserved is not None and len(self._jobs) >= self._reserved:
            raise TooManyRequestsError(self._name)
        job = Job(request, asyncio.get_running_loop().create_future())
        self._jobs.add(job)
        job.done.add_done_callback(lambda _done: self._jobs.discard(job))
        if self._closed:  # a caller that tries again: nobody will ever take it
            job.finish(_KILLED(request.id))
            return job
        self._place(job)
        return job

    def withdraw(self, job: Job) -> None:
        """Take back an event that nobody waits for any more, unless it runs already."""
        if not job.started:
            job.done.cancel()

    def prewarm(self) -> None:
        """Start a container ahead of the first event, unless there is one."""
        if not self._tasks:
            self._grow()

    def renew(self) -> None:
        """Give no more events to the containers there are; those under way end undisturbed."""
        self._generation += 1
        for place in tuple(self._idle):
            if not place.done():
                place.set_result(None)
        if self._living and not self._starting:
            # What the new code says to its import is known at once.
            self._grow()

    def kill(self) -> int:
        """Kill all containers (SIGKILL), busy or not; how many there were."""
        for container in tuple(self._living):
            container.kill(_KILLED)
        return len(self._living)

    async def close(self) -> None:
        """End all containers; for what waits or is under way, as if they were killed."""
        self._closed = True
        for job in tuple(self._jobs):
            job.finish(_KILLED(job.request.id))
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _place(self, job: Job) -> None:
        while self._idle:
            place = self._idle.pop()
            if not place.done():
                place.set_result(job)
                return
        job.cold = True
        self._waiting.append(job)
        self._scale_out()

    def _scale_out(self) -> None:
        waiting = sum(not job.done.done() for job in self._waiting)
        while (
            not self._closed
            and self._starting + self._settling < waiting
            and len(self._tasks) < self._limit
        ):
            self._grow()

    def _grow(self) -> None:
        self._starting += 1
        task = asyncio.create_task(self._live(self._launch()), name=f"container of {self._name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._scale_out()
        if not task.cancelled():
            task.result()

    async def _live(self, container: Container) -> None:
        """A container's life, from its start to its end."""
        born = self._generation
        self._living.add(container)
        try:
            try:
                failure = await container.start()
            finally:
                self._starting -= 1
            if failure:
                self._blame(failure)
                return
            fresh = True
            while (
                container.usable
                and born == self._generation
                and (job := await self._next_job(container))
            ):
                job.cold = job.cold and fresh
                fresh = False
                await self._run(container, job)
            self._scale_out()  # for what had counted on this one
        finally:
            self._living.discard(container)
            await _to_the_end(container.close())

    async def _run(self, container: Container, job: Job) -> None:
        job.started = True
        try:
            job.finish(await container.run(job.request))
            await self._settle(container)
        finally:
            job.finish(_KILLED(job.request.id))  # if it is not finished by now

    async def _settle(self, container: Container) -> None:
        # A caller that comes back with the answer in hand is quicker than any new container.
        self._settling += 1
        try:
            await container.settle()
        finally:
            self._settling -= 1

    def _blame(self, failure: Failure) -> None:
        """Tell whoever waits longest that the function does not start."""
        if job := self._waiting_job():
            job.finish(failure(job.request.id))

    def _waiting_job(self) -> Job | None:
        while self._waiting:
            job = self._waiting.popleft()
            if not job.done.done():
                return job
        return None

    async def _next_job(self, container: Container) -> Job | None:
        """The next event for an idle container; None if none comes or the container ends."""
        if job := self._waiting_job():
            return job
        loop = asyncio.get_running_loop()
        place: asyncio.Future[Job | None] = loop.create_future()

        def give_up(_ended: asyncio.Future[None] | None = None) -> None:
            if not place.done():
                place.set_result(None)

        self._idle.append(place)
        timer = loop.call_later(self._idle_after, give_up)
        container.ended.add_done_callback(give_up)
        try:
            return await place
        finally:
            timer.cancel()
            container.ended.remove_done_callback(give_up)
            if place in self._idle:
                self._idle.remove(place)


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Await `work` also when cancelled meanwhile: half an end leaves a process behind."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
