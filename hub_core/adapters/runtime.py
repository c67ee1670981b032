"""The Lambda container: one thread, one event loop for ever, one set of clients.

Lambda runs one event at a time in a process and keeps the process warm. Clients are bound to the
loop that they were opened on, so the loop must outlive every invocation: `asyncio.run()` anywhere
would close it under them. The emulator's threads are containers in the same way, hence the
thread-locals.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


class _Container(threading.local):
    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.kept: dict[Callable[..., Any], Any] = {}
        self.closers: list[Callable[[], Awaitable[Any]]] = []


_container = _Container()


def loop() -> asyncio.AbstractEventLoop:
    """This container's loop, made at the first call; Mangum finds it as the current one."""
    if _container.loop is None:
        _container.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(_container.loop)
    return _container.loop


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run one invocation to its end on this container's loop."""
    return loop().run_until_complete(work)


def kept(make: Callable[[], T]) -> Callable[[], T]:
    """Make the result of `make` once per container, at the first call: for clients and caches."""

    def get() -> T:
        if make not in _container.kept:
            _container.kept[make] = make()
        value: T = _container.kept[make]
        return value

    return get


def at_close(closer: Callable[[], Awaitable[Any]]) -> None:
    """Have `closer` awaited by `close`; what a kept client is closed by."""
    _container.closers.append(closer)


def close() -> None:
    """Close this container's clients and its loop. Lambda never does: it kills the process."""
    if _container.loop is None:
        return
    for closer in reversed(_container.closers):
        _container.loop.run_until_complete(closer())
    _container.loop.close()
    asyncio.set_event_loop(None)
    _container.loop, _container.kept, _container.closers = None, {}, []
