"""An HTTP API: a request in, its function called, a response out."""

import time

import orjson

from local.gateway.answers import (
    internal_server_error,
    not_found,
    service_unavailable,
    too_large,
    too_many_requests,
)
from local.gateway.cors import preflight, with_cors
from local.gateway.exchange import Request, Response
from local.gateway.http_auth import Context, HttpAuth
from local.gateway.http_event import Call, http_event
from local.gateway.http_result import http_response
from local.gateway.http_routes import DEFAULT, HttpRoutes, Match, route_key
from local.gateway.ids import api_id, new_id
from local.gateway.integration import Failure, Result, integrate
from local.gateway.observer import Invocation
from local.gateway.setup import Setup
from local.gateway.token_bucket import TokenBucket
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
        port: int,
        region: str,
    ) -> None:
        """`port` is the gateway's."""
        self._stage = api.stage
        self._prefix = "" if api.stage == DEFAULT else f"/{api.stage}"
        self._id = api_id(api.name)
        self._routes = HttpRoutes(api)
        self._lambdas = setup.lambdas
        self._limits = setup.limits
        self._observer = setup.observer
        self._port = port
        self._stage_variables = api.stage_variables
        self._cors = api.cors
        self._auth = HttpAuth(api, setup, region)
        self._throttles = {
            route_key(route): TokenBucket(route.throttle.rate, time.monotonic, route.throttle.burst)
            for route in api.routes
            if route.throttle
        }

    async def __call__(self, request: Request) -> Response:
        """Route a request, call the function, form the response."""
        started = time.perf_counter()
        call = Call(self._id, self._stage, new_id(), time.time(), self._port, self._stage_variables)
        if self._cors and (answer := preflight(self._cors, request, call.request_id)):
            return answer
        match = self._match(request)
        result: Result | None = None
        if match is None:
            response = not_found(call.request_id)
        else:
            response, result = await self._answer(request, match, call)
        if self._cors:
            response = with_cors(self._cors, request, response)
        self._observer(
            Invocation(
                route=match.key if match else f"{request.method} {request.raw_path}",
                function=match.route.function if match else None,
                status=response.status,
                milliseconds=(time.perf_counter() - started) * 1000,
                cold=result is not None and result.cold,
                request_id=call.request_id,
                error=result.error if result else None,
            )
        )
        return response

    def knows(self, request: Request) -> bool:
        """Whether there is a route for it."""
        return self._match(request) is not None

    async def _answer(
        self, request: Request, match: Match, call: Call
    ) -> tuple[Response, Result | None]:
        bucket = self._throttles.get(match.key)
        if bucket and not bucket.take():
            return too_many_requests(call.request_id), None
        told = await self._auth.ask(request, match, call)
        if isinstance(told, Response):
            return told, None
        result = await self._invoke(request, match, call, told)
        return self._respond(result, call.request_id), result

    def _match(self, request: Request) -> Match | None:
        path = request.raw_path.partition("%3F")[0].partition("%3f")[0]
        if self._prefix:
            if path != self._prefix and not path.startswith(f"{self._prefix}/"):
                return None
            path = path[len(self._prefix) :] or "/"
        return self._routes.match(request.method, path)

    async def _invoke(
        self, request: Request, match: Match, call: Call, authorizer: Context | None
    ) -> Result:
        event = http_event(request, match, call)
        if authorizer is not None:
            event["requestContext"]["authorizer"] = authorizer
        # Measuring means encoding the event once more: only for bodies that can be at fault.
        limit = self._limits.lambda_payload
        if len(request.body) * _LONGEST_ESCAPE > limit and len(orjson.dumps(event)) > limit:
            return Result(b"", Failure.TOO_LARGE, "the event is more than Lambda takes")
        within = min(match.route.integration_timeout, self._limits.http_integration)
        return await integrate(self._lambdas, match.route.function, event, within.total_seconds())

    def _respond(self, result: Result, request_id: str) -> Response:
        if result.failure is not None:
            return _FAILURES[result.failure](request_id)
        if len(result.payload) > self._limits.lambda_payload:
            return internal_server_error(request_id)
        return http_response(result.payload, request_id)
