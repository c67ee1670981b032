"""Handlers that behave, well or badly, as the event asks."""

import asyncio
import ctypes
import os
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

calls = 0
ticks = 0


def counts(_event: object, _context: object) -> dict[str, int]:
    """Keeps state between events."""
    global calls  # noqa: PLW0603 - module state is what is tested
    calls += 1
    return {"calls": calls, "pid": os.getpid(), "thread": threading.get_ident()}


def environment(_event: object, _context: object) -> dict[str, str]:
    return dict(os.environ)


def context(_event: object, context: Any) -> dict[str, object]:
    return {
        "id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "name": context.function_name,
        "version": context.function_version,
        "memory": context.memory_limit_in_mb,
        "group": context.log_group_name,
        "left": context.get_remaining_time_in_millis(),
    }


def raises(_event: object, _context: object) -> None:
    raise ValueError("the handler says no")


def dawdles(event: Mapping[str, Any], _context: object) -> None:
    """Has its runtime ask for the next event late."""
    from awslambdaric.lambda_runtime_client import LambdaRuntimeClient  # noqa: PLC0415 - only here

    ask = LambdaRuntimeClient.wait_next_invocation

    def wait_and_ask(client: LambdaRuntimeClient) -> object:
        time.sleep(event["seconds"])
        return ask(client)

    LambdaRuntimeClient.wait_next_invocation = wait_and_ask


def returns_what_is_no_json(_event: object, _context: object) -> object:
    return object()


def returns(event: Mapping[str, Any], _context: object) -> object:
    return "a" * event["size"]


def exits(event: Mapping[str, Any], _context: object) -> None:
    sys.exit(event["code"])


def crashes(_event: object, _context: object) -> None:
    ctypes.string_at(0)


def sleeps(event: Mapping[str, Any], _context: object) -> str:
    time.sleep(event["seconds"])
    return "awake"


def eats(event: Mapping[str, Any], _context: object) -> int:
    return len(bytearray(os.urandom(1024)) * (event["mb"] * 1024))


def leaves_a_task(_event: object, _context: object) -> int:
    """Starts a thread that counts on: Lambda freezes it between events."""

    def count() -> None:
        global ticks  # noqa: PLW0603 - as above
        while True:
            ticks += 1
            time.sleep(0.005)

    if not ticks:
        threading.Thread(target=count, daemon=True).start()
        time.sleep(0.05)
    return ticks


def has_a_child(_event: object, _context: object) -> int:
    """Leaves a process behind."""
    import subprocess  # noqa: PLC0415 - only here

    return subprocess.Popen(["sleep", "600"]).pid


def runs_on_its_loop(_event: object, _context: object) -> int:
    """Handlers may use the event loop of their thread, as Mangum does."""
    loop = asyncio.get_event_loop()
    return loop.run_until_complete(asyncio.sleep(0, 7))


def prints(_event: object, _context: object) -> None:
    sys.stdout.write("one line\nand another\n")
    sys.stdout.flush()
