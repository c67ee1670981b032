"""What the results of a WebSocket API's functions mean."""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from local.gateway.http_result import MalformedResultError, status_code
from local.gateway.integration import Failure, Result

_STATUS = {
    Failure.FAILED: HTTPStatus.BAD_GATEWAY,
    Failure.TIMED_OUT: HTTPStatus.GATEWAY_TIMEOUT,
    Failure.THROTTLED: HTTPStatus.TOO_MANY_REQUESTS,
    Failure.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}


@dataclass(frozen=True)
class Decision:
    """What `$connect` says of a handshake."""

    status: int
    subprotocol: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the client gets its 101."""
        return 200 <= self.status <= 299  # noqa: PLR2004 - the successful ones


def handshake_decision(result: Result) -> Decision:
    """Accept on any 2xx; refuse with the function's status, or with 502 if it has none to give."""
    if result.failure is not None:
        return Decision(_STATUS[result.failure])
    answer = _object(result.payload)
    try:
        status = status_code(answer.get("statusCode"))
    except MalformedResultError:
        return Decision(HTTPStatus.BAD_GATEWAY)
    return Decision(status, _subprotocol(answer.get("headers")))


def route_response(payload: bytes) -> bytes | None:
    """The frame that a two-way route sends back, from `body`; None if the result has none."""
    answer = _object(payload)
    body = answer.get("body")
    if not isinstance(body, str):
        return None
    if answer.get("isBase64Encoded") is not True:
        return body.encode()
    try:
        return b64decode(body, validate=True)
    except binascii.Error:
        return None


def _object(payload: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _subprotocol(headers: object) -> str | None:
    if isinstance(headers, dict):
        for name, value in headers.items():
            if name.lower() == "sec-websocket-protocol" and isinstance(value, str):
                return value
    return None
