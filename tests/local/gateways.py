"""A gateway in the test's own event loop, before functions that are plain Python callables."""

import asyncio
import inspect
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from local.gateway.faults import Faults, read_fault
from local.gateway.front import listen
from local.gateway.gateway import Gateway
from local.gateway.limits import Limits
from local.gateway.observer import Observation
from local.gateway.setup import Setup
from local.gateway.sigv4 import Credentials
from local.lambdas.failures import timed_out
from local.lambdas.invocation import Event, FunctionError, Outcome
from local.model import Apis, HttpApi, HttpRoute, SocketRoute, WebSocketApi

CREDENTIALS = Credentials("LOCALKEY", "local-secret", "local-session")

Function = Callable[[dict[str, Any]], Any]
"""Takes an event; returns a result, or a coroutine of one; what it raises is its failure."""


@dataclass
class Functions:
    """`Lambdas` without containers: each function a callable, every event kept."""

    by_name: dict[str, Function] = field(default_factory=dict)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def invoke(self, function: str, event: Event) -> Outcome:
        """Call a function with a copy of the event, as JSON would carry it."""
        copied = json.loads(json.dumps(event))
        self.events.append((function, copied))
        async with self._arrived:
            self._arrived.notify_all()
        payload, error = None, None
        try:
            result = self.by_name[function](copied)
            payload = json.dumps(await result if inspect.isawaitable(result) else result).encode()
        except TimeoutError:
            error = timed_out(timedelta(seconds=3))("request")
        except Exception as raised:  # noqa: BLE001 - whatever a function raises is its failure
            error = FunctionError(type(raised).__name__, str(raised))
        return Outcome(str(uuid.uuid4()), payload, error, cold=False, duration=timedelta())

    async def start(self) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to do."""

    def of(self, function: str) -> list[dict[str, Any]]:
        """The events of one function so far."""
        return [event for name, event in self.events if name == function]

    async def event(self, function: str, at: int = 0) -> dict[str, Any]:
        """The function's event number `at`, as soon as it comes."""
        async with asyncio.timeout(10), self._arrived:
            await self._arrived.wait_for(lambda: len(self.of(function)) > at)
        return self.of(function)[at]


@dataclass
class Served:
    """An open gateway."""

    gateway: Gateway
    functions: Functions
    seen: list[Observation]

    @property
    def url(self) -> str:
        return self.gateway.url

    @property
    def ws(self) -> str:
        return self.gateway.url.replace("http://", "ws://") + "/ws"


def an_http_api(*routes: str, stage: str = "$default") -> HttpApi:
    """Routes as `GET /pets/{id}`; each leads to the function of that name."""
    return HttpApi(name="Web", stage=stage, routes=tuple(map(_route, routes)))


def _route(key: str) -> HttpRoute:
    method, _, path = key.partition(" ")
    return HttpRoute(method if path else "ANY", path or key, key)


def a_socket_api(*routes: str | SocketRoute, **options: Any) -> WebSocketApi:
    """Route keys; each leads to the function of that name."""
    given = [r if isinstance(r, SocketRoute) else SocketRoute(r, r) for r in routes]
    return WebSocketApi(name="Sockets", routes={r.key: r for r in given}, **options)


@asynccontextmanager
async def served(
    functions: Mapping[str, Function],
    *,
    http: HttpApi | None = None,
    sockets: WebSocketApi | None = None,
    limits: Limits | None = None,
    redis_url: str | None = None,
    serial: bool = False,
    faults: Mapping[str, str] | None = None,
    seed: int = 0,
) -> AsyncIterator[Served]:
    """Serve the two APIs on a free port; without either, the routes are the functions' names."""
    if http is None and sockets is None:
        keys = list(functions)
        http = an_http_api(*(key for key in keys if "/" in key))
        sockets = a_socket_api(*(key for key in keys if "/" not in key), stage="live")
    lambdas = Functions(dict(functions))
    seen: list[Observation] = []
    wrong = Faults(seen.append)
    wrong.enforce({kind: read_fault(kind, text) for kind, text in (faults or {}).items()}, seed)
    gateway = Gateway(
        Apis(http, sockets),
        Setup(lambdas, limits or Limits(), seen.append, wrong, serial=serial),
        CREDENTIALS,
        listener=listen("127.0.0.1", 0),
        redis_url=redis_url,
    )
    await gateway.start()
    try:
        yield Served(gateway, lambdas, seen)
    finally:
        await gateway.stop(within=1)
