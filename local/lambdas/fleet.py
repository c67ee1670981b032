"""All functions of a template with their containers, whatever kind these are."""

import asyncio
import json
import secrets
import time
import uuid
from abc import abstractmethod
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path

from local.lambdas.container import Container
from local.lambdas.invocation import (
    Event,
    FunctionError,
    Outcome,
    RequestTooLargeError,
)
from local.lambdas.pool import Job, Lifecycle, Pool
from local.lambdas.runtime_api import Request
from local.lambdas.watchers import Watchers
from local.model import Function

EVENT_LIMIT = 6 * 1024 * 1024
"""Bytes of JSON that a function may be given."""


class Fleet:
    """`Lambdas` for one kind of container, which a subclass launches."""

    def __init__(
        self,
        functions: Mapping[str, Function],
        *,
        lifecycle: Lifecycle | None = None,
        watchers: Watchers | None = None,
    ) -> None:
        """Prepare; nothing runs before `start`.

        Args:
            functions: By logical id.
            lifecycle: How many containers a function may have, and how they live.
            watchers: Who hears of invocations and of what functions write.
        """
        self._functions = functions
        self._lifecycle = lifecycle or Lifecycle()
        self._watchers = watchers or Watchers()
        self._pools: dict[str, Pool] = {}
        self._reports: set[asyncio.Task[Outcome]] = set()

    @abstractmethod
    def _launch(self, function: Function) -> Container: ...

    async def start(self) -> None:
        """Get ready to be invoked, and start what is wanted warm."""
        self._pools = {name: self._pool(function) for name, function in self._functions.items()}
        for name in self._lifecycle.prewarm:
            self._pools[name].prewarm()

    async def stop(self) -> None:
        """End every container."""
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
        await asyncio.gather(*self._reports)

    async def invoke(self, function: str, event: Event) -> Outcome:
        """Invoke a function and wait for its end; see `Lambdas`."""
        declared = self._functions[function]
        body = json.dumps(event, separators=(",", ":")).encode()
        if len(body) > EVENT_LIMIT:
            raise RequestTooLargeError(len(body))
        request = Request(str(uuid.uuid4()), body, declared.arn, _trace_id(event))
        pool = self._pools[function]
        began = time.perf_counter()
        job = pool.submit(request)
        report = asyncio.create_task(self._report(function, event, job, began))
        self._reports.add(report)
        report.add_done_callback(self._reports.discard)
        try:
            return await asyncio.shield(report)
        except asyncio.CancelledError:
            pool.withdraw(job)
            raise

    def renew(self, functions: Mapping[str, Collection[Path]]) -> None:
        """Begin anew with the code as it is now; for each function, the files that it imports."""
        for name in functions:
            self._pools[name].renew()

    def kill(self, function: str) -> int:
        """Kill a function's containers, whatever they do; how many there were.

        Raises:
            KeyError: The template has no such function.
        """
        return self._pools[function].kill()

    async def _report(self, function: str, event: Event, job: Job, began: float) -> Outcome:
        answer = await job.done
        outcome = Outcome(
            request_id=job.request.id,
            payload=None if isinstance(answer, FunctionError) else answer,
            error=answer if isinstance(answer, FunctionError) else None,
            cold=job.cold,
            duration=timedelta(seconds=time.perf_counter() - began),
        )
        self._watchers.observer(function, event, outcome)
        return outcome

    def _pool(self, function: Function) -> Pool:
        return Pool(
            function.name,
            lambda: self._launch(function),
            self._lifecycle,
            reserved=function.reserved_concurrency,
        )


def _trace_id(event: Event) -> str:
    """`_X_AMZN_TRACE_ID`: the gateway's root if the event carries one, with a segment of ours."""
    headers = event.get("headers") or {}
    given = next((headers[name] for name in headers if name.lower() == "x-amzn-trace-id"), "")
    root = str(given).partition(";")[0] or f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"{root};Parent={secrets.token_hex(8)};Sampled=0"
