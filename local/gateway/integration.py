"""Calling a route's function within the gateway's time."""

import asyncio
from dataclasses import dataclass
from enum import Enum, auto

from local.lambdas.invocation import (
    Event,
    Lambdas,
    RequestTooLargeError,
    TooManyRequestsError,
)


class Failure(Enum):
    """Why there is no result."""

    FAILED = auto()
    """The function raised, exited or passed its own time limit."""
    TIMED_OUT = auto()
    """The gateway waits no longer; the function runs on."""
    THROTTLED = auto()
    """Lambda refused the call: the function's concurrency is in use."""
    TOO_LARGE = auto()
    """Lambda refused the call: the event is more than 6 MB."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an invocation."""

    payload: bytes
    """JSON of what the function returned; empty on failure."""
    failure: Failure | None = None
    error: str | None = None
    """The failure in one line, for the log."""
    cold: bool = False


async def integrate(lambdas: Lambdas, function: str, event: Event, seconds: float) -> Result:
    """Invoke a function and wait for `seconds` at most."""
    try:
        async with asyncio.timeout(seconds):
            outcome = await lambdas.invoke(function, event)
    except TimeoutError:
        return Result(b"", Failure.TIMED_OUT, f"no answer within {seconds:g} s; it runs on")
    except TooManyRequestsError as refused:
        return Result(b"", Failure.THROTTLED, str(refused))
    except RequestTooLargeError as refused:
        return Result(b"", Failure.TOO_LARGE, str(refused))
    if outcome.error is not None:
        error = f"{outcome.error.type}: {outcome.error.message}"
        return Result(b"", Failure.FAILED, error, outcome.cold)
    return Result(outcome.payload or b"null", cold=outcome.cold)
