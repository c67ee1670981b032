"""Pollers: each takes messages from one queue and gives them to a function in batches."""

import asyncio
import logging
import time

from local.gateway.observer import Invocation
from local.gateway.peer import PeerGoneError, PeerUnreachableError
from local.gateway.setup import Setup
from local.gateway.tasks import Tasks
from local.lambdas.invocation import InvokeRefusedError
from local.model import QueueSource, Template
from local.queues.event import Message, done_of, queue_event
from local.queues.sqs import Sqs, SqsError

logger = logging.getLogger(__name__)

_LONG_POLL = 5
"""Seconds; AWS waits 20, which nobody can tell from the outside."""
_RECEIVE = 10
_AFTER_TROUBLE = 1.0
_TROUBLE = (SqsError, PeerGoneError, PeerUnreachableError)


class Pollers:
    """The event source mappings of a template."""

    def __init__(self, template: Template, setup: Setup, sqs: Sqs) -> None:
        self._template = template
        self._setup = setup
        self._sqs = sqs
        self._tasks = Tasks()
        self._polling: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to poll the queues that feed functions."""
        loop = asyncio.get_running_loop()
        self._polling = [
            loop.create_task(self._poll(each)) for each in self._template.queue_sources
        ]

    async def stop(self, within: float = 1.0) -> None:
        """Poll no more; batches under way have a moment. Those not done become visible again."""
        for task in self._polling:
            task.cancel()
        await asyncio.gather(*self._polling, return_exceptions=True)
        await self._tasks.finish(within)
        await self._sqs.close()

    async def _poll(self, source: QueueSource) -> None:
        turns = asyncio.Semaphore(source.concurrency)
        while True:
            await turns.acquire()
            try:
                batch = await self._collect(source)
            except _TROUBLE as trouble:
                logger.warning("%s cannot be polled: %s", source.queue, trouble)
                batch = []
                await asyncio.sleep(_AFTER_TROUBLE)
            if batch:
                self._tasks.spawn(self._deliver(source, batch, turns))
            else:
                turns.release()

    async def _collect(self, source: QueueSource) -> list[Message]:
        """A batch: what is there, or what comes within the window after its first message."""
        batch: list[Message] = []
        deadline = float("inf")
        while len(batch) < source.batch_size:
            count = min(_RECEIVE, source.batch_size - len(batch))
            left = deadline - time.monotonic()
            wait = _LONG_POLL if not batch else max(0, min(_LONG_POLL, round(left)))
            came = await self._sqs.receive(source.queue, count, wait)
            if came and not batch:
                deadline = time.monotonic() + source.window.total_seconds()
            batch += came
            if not batch or time.monotonic() >= deadline:
                break
        return batch

    async def _deliver(
        self, source: QueueSource, batch: list[Message], turns: asyncio.Semaphore
    ) -> None:
        try:
            done = await self._invoke(source, batch)
            await self._sqs.delete(source.queue, [message["ReceiptHandle"] for message in done])
        except _TROUBLE as trouble:
            logger.warning("messages of %s cannot be deleted: %s", source.queue, trouble)
        finally:
            turns.release()

    async def _invoke(self, source: QueueSource, batch: list[Message]) -> list[Message]:
        """Give the function a batch; the messages that need not come again."""
        started = time.perf_counter()
        event = queue_event(batch, source.queue, self._template.region)
        done, request_id, cold = batch, "", False
        error: str | None = None
        try:
            outcome = await self._setup.lambdas.invoke(source.function, event)
        except InvokeRefusedError as refused:
            done, error = [], str(refused)
        else:
            request_id, cold = outcome.request_id, outcome.cold
            if outcome.error:
                done, error = [], f"{outcome.error.type}: {outcome.error.message}"
            elif source.partial_failures:
                done = done_of(batch, outcome.payload or b"null")
                error = None if len(done) == len(batch) else _undone(batch, done)
        self._setup.observer(
            Invocation(
                route=f"queue {source.queue} ({len(batch)})",
                function=source.function,
                status=None,
                milliseconds=(time.perf_counter() - started) * 1000,
                cold=cold,
                request_id=request_id,
                error=error,
            )
        )
        return done


def _undone(batch: list[Message], done: list[Message]) -> str:
    return f"{len(batch) - len(done)} of {len(batch)} messages will come again"
