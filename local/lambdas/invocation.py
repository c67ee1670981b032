"""What it means to invoke a function: the port that the gateway and the schedules use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

Event = Mapping[str, Any]


@dataclass(frozen=True)
class FunctionError:
    """An answer that Lambda marks with `X-Amz-Function-Error`: called, and failed."""

    type: str
    """`errorType`: the exception's class, or Lambda's own `Sandbox.Timedout`, `Runtime.ExitError`,
    `Runtime.ImportModuleError`, …"""
    message: str
    """`errorMessage`, as AWS words it."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    """The whole answer: `{"errorMessage", "errorType", "requestId"?, "stackTrace"?}`."""


@dataclass(frozen=True)
class Outcome:
    """How one invocation ended: with a `payload` or with an `error`, never with both."""

    request_id: str
    """The `aws_request_id` that the function saw in its context."""
    payload: bytes | None
    """JSON of what the handler returned (`b"null"` for None); None when it failed."""
    error: FunctionError | None
    cold: bool
    """Whether this invocation had to wait for a new container."""
    duration: timedelta
    """From the call to its end, as the caller waited."""


class InvokeRefusedError(Exception):
    """Lambda refuses the call itself: the function does not run."""


class TooManyRequestsError(InvokeRefusedError):
    """All of a function's reserved concurrency is in use (429)."""

    def __init__(self, function: str) -> None:
        super().__init__(f"Rate Exceeded: all reserved concurrency of {function} is in use")
        self.function = function


class RequestTooLargeError(InvokeRefusedError):
    """The event is more than Lambda takes in one call: 6 MB (413)."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"{size} byte payload is too large for the RequestResponse invocation type"
        )
        self.size = size


Observer = Callable[[str, Event, Outcome], None]
"""Called once per finished invocation with the function's name, its event and the outcome.

It runs in the event loop and must not block. An invocation whose caller gave up is reported too,
when the function ends.
"""

LogLine = Callable[[str, str], None]
"""Called with a function's name and one line that it wrote (no line end), in the event loop."""


class Lambdas(Protocol):
    """All functions of a template, ready to be invoked."""

    async def invoke(self, function: str, event: Event) -> Outcome:
        """Invoke a function and wait for its end (`RequestResponse`).

        A caller that is cancelled (API Gateway's time limit) leaves the function running.

        Raises:
            KeyError: The template has no such function.
            TooManyRequestsError: Its reserved concurrency is used up.
            RequestTooLargeError: The event is more than 6 MB of JSON.
        """
        ...

    async def start(self) -> None:
        """Get ready to be invoked."""
        ...

    async def stop(self) -> None:
        """End every container; calls under way end as if their container had crashed."""
        ...
