"""How Lambda words the ends that a function does not report itself.

The shapes and sentences are those of AWS's answers and of its Runtime Interface Emulator.
"""

import json
import signal
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from local.lambdas.invocation import FunctionError

RESPONSE_LIMIT = 6 * 1024 * 1024 + 100
"""Bytes that a function may return (6 MB, and AWS's hundred on top)."""

Failure = Callable[[str], FunctionError]
"""A failure before it is known which request, by its id, will be told."""


def reported(payload: Mapping[str, Any], *, request_id: str) -> FunctionError:
    """An error that the runtime posted: an exception of the handler, or of its import."""
    told = {**payload, "requestId": payload.get("requestId") or request_id}
    return FunctionError(
        type=str(payload.get("errorType") or "Unhandled"),
        message=str(payload.get("errorMessage") or ""),
        payload=told,
    )


def object_of(body: bytes | None) -> dict[str, Any]:
    """The JSON object that a runtime posted; empty if it is none."""
    try:
        told = json.loads(body or b"")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def timed_out(limit: timedelta) -> Failure:
    """The function was killed at its time limit."""
    return _platform(
        "Sandbox.Timedout", f"Task timed out after {limit.total_seconds():.2f} seconds"
    )


def exited(returncode: int) -> Failure:
    """The process ended on its own; a negative `returncode` is a signal's number."""
    if returncode == 0:
        return _platform("Runtime.ExitError", "Runtime exited without providing a reason")
    how = f"exit status {returncode}" if returncode > 0 else f"signal: {_signal(-returncode)}"
    return _platform("Runtime.ExitError", f"Runtime exited with error: {how}")


def not_started(error: Exception) -> Failure:
    """There is no process: its folder is gone, or the machine has no room for one more."""
    return _platform("Runtime.InvalidEntrypoint", f"the function cannot be started: {error}")


def out_of_memory() -> Failure:
    """The function was killed for using more than its memory."""
    return _platform("Runtime.OutOfMemory", "Runtime exited with error: signal: killed")


def response_too_large() -> FunctionError:
    """The function returned more than Lambda passes on."""
    limit = f"maximum allowed payload size ({RESPONSE_LIMIT} bytes)"
    return _error("Function.ResponseSizeTooLarge", f"Response payload size exceeded {limit}.")


def _platform(kind: str, message: str) -> Failure:
    return lambda request_id: _error(kind, f"RequestId: {request_id} Error: {message}")


def _error(kind: str, message: str) -> FunctionError:
    return FunctionError(kind, message, {"errorType": kind, "errorMessage": message})


def _signal(number: int) -> str:
    """The signal as Lambda (Go's `os/exec`) names it: `killed`, `segmentation fault`."""
    try:
        return (signal.strsignal(number) or str(number)).lower()
    except ValueError:
        return str(number)
