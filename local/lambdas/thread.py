"""One container as a thread of this process, for a debugger: AWS's code around the handler."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, cast

from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_exception import FaultException
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

from local.lambdas.environment import log_stream_name
from local.lambdas.failures import (
    RESPONSE_LIMIT,
    Failure,
    exited,
    object_of,
    reported,
    response_too_large,
    timed_out,
)
from local.lambdas.invocation import FunctionError, LogLine
from local.lambdas.runtime_api import Request
from local.lambdas.watchers import Watchers
from local.model import Function

Answer = bytes | FunctionError
_IMPORTING = threading.Lock()


class ThreadContainer:
    """A thread with an event loop of its own; modules and environment are the process's.

    A thread cannot be killed: after a timeout its caller is told so and it goes on, abandoned.
    """

    def __init__(self, function: Function, *, watchers: Watchers) -> None:
        self._function = function
        self._log = watchers.log
        self._meddle = watchers.meddle
        self._loop = asyncio.get_running_loop()
        self._log_stream = log_stream_name()
        self._requests: queue.SimpleQueue[tuple[Request, asyncio.Future[Answer]] | None] = (
            queue.SimpleQueue()
        )
        self._initialised: asyncio.Future[Failure | None] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._exit_code = 0
        self._verdict: Failure | None = None
        self._abandoned = False

    @property
    def ended(self) -> asyncio.Future[None]:
        """Done once the thread has ended."""
        return self._ended

    @property
    def usable(self) -> bool:
        """Whether the thread waits for events."""
        return not self._abandoned and not self._ended.done()

    async def start(self) -> Failure | None:
        """Start the thread and wait until it has imported the handler."""
        name = f"{self._function.name} {self._log_stream[-6:]}"
        threading.Thread(target=self._live, name=name, daemon=True).start()
        return await self._initialised

    async def run(self, request: Request) -> Answer:
        """Hand out one event and wait for its end, or for the time limit."""
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._requests.put((request, answer))
        self._meddle(self._function.name, self)
        await asyncio.wait(
            cast("set[asyncio.Future[Any]]", {answer, self._ended}),
            timeout=self._function.timeout.total_seconds(),
            return_when=asyncio.FIRST_COMPLETED,
        )
        if answer.done():
            return answer.result()
        if self._ended.done():
            return (self._verdict or exited(self._exit_code))(request.id)
        self._abandoned = True
        return timed_out(self._function.timeout)(request.id)

    def kill(self, verdict: Failure) -> None:
        """Tell its caller so and abandon it: a thread cannot be killed."""
        self._verdict, self._abandoned = verdict, True
        if not self._ended.done():
            self._ended.set_result(None)

    def pause(self, seconds: float) -> None:
        """A thread cannot be made to stand still."""

    async def settle(self) -> None:
        """Nothing happens between an answer and the next event."""

    async def close(self) -> None:
        """Let the thread end, after what it does now."""
        self._requests.put(None)
        if not self._abandoned:
            self._abandoned = True

    def _live(self) -> None:
        """The thread: import, then event after event."""
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            if handler := self._import():
                while given := self._requests.get():
                    self._handle(handler, *given)
        except SystemExit as exit_:
            self._exit_code = exit_.code if isinstance(exit_.code, int) else int(bool(exit_.code))
        finally:
            asyncio.set_event_loop(None)
            loop.close()
            self._tell(self._ended, None)

    def _import(self) -> Callable[..., object] | None:
        try:
            with _IMPORTING:
                handler = bootstrap._get_handler(self._function.handler)  # noqa: SLF001 - AWS's own words for what goes wrong; it has no public name
        except FaultException as fault:
            error = bootstrap.make_error(fault.msg, fault.exception_type, fault.trace)
        except SystemExit as exit_:
            code = exit_.code if isinstance(exit_.code, int) else int(bool(exit_.code))
            self._tell(self._initialised, exited(code))
            return None
        except Exception as raised:  # noqa: BLE001 - whatever user code raises is its init error
            error = bootstrap.build_fault_result((type(raised), raised, raised.__traceback__), None)
        else:
            self._tell(self._initialised, None)
            return cast("Callable[..., object]", handler)
        bootstrap.log_error(error, _LogSink(self._function.name, self._say))
        self._tell(self._initialised, lambda request_id: reported(error, request_id=request_id))
        return None

    def _handle(
        self, handler: Callable[..., object], request: Request, answer: asyncio.Future[Answer]
    ) -> None:
        deadline_ms = int((time.time() + self._function.timeout.total_seconds()) * 1000)
        bootstrap.handle_event_request(
            _RuntimeClient(lambda told: self._tell(answer, told), request.id),
            lambda event, context: handler(event, self._context(context)),
            request.id,
            request.event,
            "application/json",
            None,
            None,
            request.arn,
            deadline_ms,
            None,
            _LogSink(self._function.name, self._say),
        )

    def _context(self, context: Any) -> object:
        """AWS's context object, with what it would read from the environment."""
        context.function_name = self._function.name
        context.function_version = "$LATEST"
        context.memory_limit_in_mb = str(self._function.memory_mb)
        context.log_group_name = f"/aws/lambda/{self._function.name}"
        context.log_stream_name = self._log_stream
        return cast("object", context)

    def _say(self, function: str, line: str) -> None:
        self._loop.call_soon_threadsafe(self._log, function, line)

    def _tell(self, future: asyncio.Future[Any], value: object) -> None:
        def settle() -> None:
            if not future.done():
                future.set_result(value)

        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(settle)


class _RuntimeClient:
    """Takes what AWS's code would post to the Runtime API."""

    def __init__(self, settle: Callable[[Answer], None], request_id: str) -> None:
        self.marshaller = LambdaMarshaller()
        self._settle = settle
        self._request_id = request_id

    def post_invocation_result(
        self, _request_id: str, result: str | bytes, _content_type: str, _invocation_id: None
    ) -> None:
        """The handler returned."""
        body = result if isinstance(result, bytes) else result.encode()
        self._settle(body if len(body) <= RESPONSE_LIMIT else response_too_large())

    def post_invocation_error(
        self, request_id: str, error: str, _xray: str, _invocation_id: None
    ) -> None:
        """The handler raised, or returned what JSON cannot hold."""
        self._settle(reported(object_of(error.encode()), request_id=request_id))


class _LogSink:
    """Takes the lines that AWS's code logs."""

    def __init__(self, function: str, say: LogLine) -> None:
        self._function = function
        self._say = say

    def log_error(self, lines: list[str]) -> None:
        """A traceback."""
        for line in lines:
            self._say(self._function, line.replace("\u00a0", " "))
