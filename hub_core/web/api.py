"""A route's FastAPI application, and its Lambda entry."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from mangum import Mangum
from mangum.types import LambdaContext
from pydantic.alias_generators import to_camel
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub_core.adapters import runtime
from hub_core.kernel.errors import TooLarge
from hub_core.web.cors import Cors
from hub_core.web.gateway import GatewayEvent
from hub_core.web.problems import render_problems

LARGEST_BODY: Final = 64 * 1024
"""Bytes; the largest body that a route has use for is a few kilobytes. API Gateway's own limit is
10 MB, Lambda's 6 MB."""

LambdaEntry = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def api() -> FastAPI:
    """An application for one route, with our errors, our JSON and our headers; no other routes."""
    app = FastAPI(
        title="Hub API",
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: to_camel(route.name),
    )
    app.router.route_class = GuardedRoute
    render_problems(app)
    app.add_middleware(ResponseHeaders)
    app.add_middleware(Cors)
    return app


def lambda_handler(app: FastAPI) -> LambdaEntry:
    """The function that Lambda calls: event in, response out, on the container's one loop."""
    runtime.loop()  # before Mangum, which makes a loop of its own when it finds none
    mangum = Mangum(
        app,
        lifespan="off",
        custom_handlers=[GatewayEvent],
        text_mime_types=["text/", "application/json", "application/problem+json"],
    )

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        runtime.loop()  # in the emulator's threads, each container has its own
        return mangum(event, context)

    return handler


class GuardedRoute(APIRoute):
    """A route that measures a body before it parses it, and parses it strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, with our request in front."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            if len(await strict.body()) > LARGEST_BODY:  # and kept: a body comes once
                raise TooLarge
            return await handle(strict)

        return guarded


class StrictRequest(Request):
    """The standard library's JSON takes NaN and lone surrogates, and recurses without a bound."""

    async def json(self) -> Any:
        """The body, as RFC 8259 has it.

        Raises:
            orjson.JSONDecodeError: a `json.JSONDecodeError`, which FastAPI answers as invalid.
        """
        return orjson.loads(await self.body())


def add_headers(scope: Scope, headers: Mapping[str, str]) -> None:
    """Have the answer to this request carry the headers, whatever becomes of it."""
    scope.setdefault("hub.headers", {}).update(headers)


class ResponseHeaders:
    """ASGI middleware: headers that every response carries, and those of `add_headers`.

    `no-store` unless the route says otherwise: nearly every answer is for one person, now.
    """

    _DEFAULTS: Final[Mapping[str, str]] = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        added: dict[str, str] = scope.setdefault("hub.headers", {})

        async def adorned(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.update(added)
                for name, value in self._DEFAULTS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, adorned)
