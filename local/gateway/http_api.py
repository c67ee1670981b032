"""An HTTP API: a request in, its function called, a response out."""

import time
from collections.abc import Callable

import orjson

from local.gateway.answers import (
    internal_server_error,
    not_found,
    service_unavailable,
    too_large,
)
from local.gateway.exchange import Request, Response
from local.gateway.http_event import Call, http_event
from local.gateway.http_result import http_response
from local.gateway.http_routes import DEFAULT, HttpRoutes, Match
from local.gateway.ids import api_id, new_id
from local.gateway.integration import Failure, Result, integrate
from local.gateway.observer import Invocation
from local.gateway.setup import Setup
from local.model import HttpApi

_FAILURES = {
    Failure.FAILED: internal_server_error,
    Failure.TIMED_OUT: service_unavailable,
    Failure.THROTTLED: service_unavailable,
    Failure.TOO_LARGE: too_large,
}

_LONGEST_ESCAPE = 6
"""`\\u0000`: JSON makes a body at most so many times longer."""


class HttpApiEndpoint:
    """Answers the requests of one HTTP API."""

    def __init__(
        self,
        api: HttpApi,
        setup: Setup,
        port: Callable[[], int],
    ) -> None:
        """`port` tells the gateway's port, known once it is open."""
        self._stage = api.stage
        self._prefix = "" if api.stage == DEFAULT else f"/{api.stage}"
        self._id = api_id(api.name)
        self._routes = HttpRoutes(api)
        self._lambdas = setup.lambdas
        self._limits = setup.limits
        self._observer = setup.observer
        self._port = port

    async def __call__(self, request: Request) -> Response:
        """Route a request, call the function, form the response."""
        started = time.perf_counter()
        request_id = new_id()
        match = self._match(request)
        if match is None:
            result = None
            response = not_found(request_id)
        else:
            result = await self._invoke(request, match, request_id)
            response = self._respond(result, request_id)
        self._observer(
            Invocation(
                route=match.key if match else f"{request.method} {request.raw_path}",
                function=match.route.function if match else None,
                status=response.status,
                milliseconds=(time.perf_counter() - started) * 1000,
                cold=result is not None and result.cold,
                request_id=request_id,
                error=result.error if result else None,
            )
        )
        return response

    def _match(self, request: Request) -> Match | None:
        path = request.raw_path.partition("%3F")[0].partition("%3f")[0]
        if self._prefix:
            if path != self._prefix and not path.startswith(f"{self._prefix}/"):
                return None
            path = path[len(self._prefix) :] or "/"
        return self._routes.match(request.method, path)

    async def _invoke(self, request: Request, match: Match, request_id: str) -> Result:
        call = Call(self._id, self._stage, request_id, time.time(), self._port())
        event = http_event(request, match, call)
        # Measuring means encoding the event once more: only for bodies that can be at fault.
        limit = self._limits.lambda_payload
        if len(request.body) * _LONGEST_ESCAPE > limit and len(orjson.dumps(event)) > limit:
            return Result(b"", Failure.TOO_LARGE, "the event is more than Lambda takes")
        seconds = self._limits.http_integration.total_seconds()
        return await integrate(self._lambdas, match.route.function, event, seconds)

    def _respond(self, result: Result, request_id: str) -> Response:
        if result.failure is not None:
            return _FAILURES[result.failure](request_id)
        if len(result.payload) > self._limits.lambda_payload:
            return internal_server_error(request_id)
        return http_response(result.payload, request_id)
