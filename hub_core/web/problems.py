"""Every way in which a REST call fails, as `application/problem+json` (RFC 9457)."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub_core.adapters.defects import log_defect
from hub_core.kernel.errors import (
    Fault,
    HubError,
    InternalError,
    Invalid,
    InvalidRoomToken,
    InvalidToken,
    Problem,
    RouteNotFound,
    TokenExpired,
)

logger = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
MOST_FAULTS: Final = 20
LONGEST_POINTER: Final = 200
_PHRASES: Final = {413: "Content Too Large", 422: "Unprocessable Content"}
"""Of RFC 9110. Up to 3.12, Python has the older ones."""
_OF_A_TOKEN: Final = (InvalidToken, TokenExpired, InvalidRoomToken)
"""There was a Bearer token, and it is none: the challenge says so (RFC 6750 §3.1)."""


def problem_response(error: HubError, request_id: str | None) -> Response:
    """The answer to a foreseen error."""
    response = Response(
        orjson.dumps(error.problem(request_id).model_dump(by_alias=True, exclude_none=True)),
        error.status,
        media_type=MEDIA_TYPE,
    )
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        response.headers["Retry-After"] = str(max(1, -(-(error.retry_after_ms or 0) // 1000)))
    return response


def render_problems(app: FastAPI) -> None:
    """Have every failure of `app` answered as a problem; nothing escapes to Mangum or AWS."""
    app.add_exception_handler(HubError, _foreseen)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused_by_the_framework)
    app.add_middleware(Unforeseen)


def request_id_of(scope: Scope) -> str | None:
    """API Gateway's id of the request; `instance` of a problem, and in the log."""
    event = scope.get("aws.event") or {}
    found = event.get("requestContext", {}).get("requestId")
    return found if isinstance(found, str) else None


async def _foreseen(request: Request, error: Exception) -> Response:
    assert isinstance(error, HubError)
    request_id = request_id_of(request.scope)
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        logger.warning("%s: %s", request_id, _why(error))
    response = problem_response(error, request_id)
    if isinstance(error, _OF_A_TOKEN) and "Authorization" in request.headers:
        response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return response


def _why(error: HubError) -> str:
    """What was behind it, by the names of the causes: their texts may hold what a person sent."""
    names: list[str] = []
    cause = error.__cause__
    while cause is not None:
        names.append(type(cause).__name__)
        cause = cause.__cause__
    return ", because of ".join(names) or error.detail


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [_fault(one) for one in error.errors()[:MOST_FAULTS]]
    return problem_response(Invalid(errors=faults), request_id_of(request.scope))


def _fault(error: dict[str, Any]) -> Fault:
    """One of pydantic's errors, without the value that it complains about."""
    place, *path = error["loc"]
    if error["type"] == "json_invalid":
        return Fault(pointer="", detail="This is not JSON.")
    if error["type"] == "model_attributes_type" and not path:
        return Fault(
            pointer="", detail="This is not a JSON object (Content-Type: application/json)."
        )
    steps = path if place == "body" else [place, *path]
    pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    detail = str(error["msg"]).removeprefix("Value error, ")
    return Fault(pointer=pointer[:LONGEST_POINTER], detail=detail)


async def _refused_by_the_framework(request: Request, error: Exception) -> Response:
    """Starlette's own: no such route, or one that does not know the method; an unreadable body."""
    assert isinstance(error, HTTPException)
    match error.status_code:
        case HTTPStatus.NOT_FOUND | HTTPStatus.METHOD_NOT_ALLOWED:
            foreseen: HubError = RouteNotFound()
        case HTTPStatus.BAD_REQUEST:
            foreseen = Invalid()
        case _:
            raise error
    return problem_response(foreseen, request_id_of(request.scope))


class Unforeseen:
    """ASGI middleware: a defect is logged once, with the request id, and answered as a 500.

    Starlette's own handler for `Exception` raises it again, and Mangum would log it a second time.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            request_id = request_id_of(scope)
            log_defect(error, request_id, method=scope.get("method"), path=scope.get("path"))
            if started:
                raise
            await problem_response(InternalError(), request_id)(scope, receive, send)


def refuses(*errors: type[HubError]) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route: the problems of its own trade.

    Those that follow from a route's shape (a body, a caller, a database) `infra.openapi` adds.
    """
    ordered = sorted(errors, key=lambda error: error.status)
    return {
        status: problem_schema(list(group))
        for status, group in groupby(ordered, key=lambda error: error.status)
    }


def problem_schema(errors: Sequence[type[HubError]]) -> dict[str, Any]:
    """OpenAPI's description of the problems of one status, with an example of each."""
    status = errors[0].status
    return {
        "description": _PHRASES.get(status) or HTTPStatus(status).phrase,
        "content": {
            MEDIA_TYPE: {
                "schema": {
                    "allOf": [{"$ref": f"#/components/schemas/{Problem.__name__}"}],
                    "properties": {"type": {"enum": [error.type for error in errors]}},
                },
                "examples": {
                    error.type: {
                        "summary": error.title,
                        "value": error()
                        .problem("JKJaXmPLvHcESHA=")
                        .model_dump(by_alias=True, exclude_none=True),
                    }
                    for error in errors
                },
            }
        },
    }
