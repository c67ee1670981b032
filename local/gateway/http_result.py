"""What the result of a function becomes as an HTTP response (payload format 2.0)."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import orjson

from local.gateway.answers import JSON, REQUEST_ID, internal_server_error
from local.gateway.exchange import Response
from local.gateway.http_event import DEFAULT_CONTENT_TYPE

_HOP_BY_HOP = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
_BODILESS = frozenset({204, 304})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A header's name (RFC 9110 §5.1)."""


class MalformedResultError(ValueError):
    """A result with a `statusCode` that is no response; the caller gets a 500."""


def http_response(payload: bytes, request_id: str) -> Response:
    """The response to a request, from the JSON that its function returned.

    A result without `statusCode` is the body of a 200; one that breaks the format becomes
    500 `{"message":"Internal Server Error"}`.
    """
    try:
        result = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return _bare(payload, request_id)
    if not isinstance(result, dict) or "statusCode" not in result:
        return _bare(result.encode() if isinstance(result, str) else payload, request_id)
    try:
        return _formatted(result, request_id)
    except MalformedResultError:
        return internal_server_error(request_id)


def status_code(value: object) -> int:
    """A `statusCode` as Lambda functions write it: a number, or the same in a string.

    Raises:
        MalformedResultError: It is no status of a final response.
    """
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 200 <= value <= 599:  # noqa: PLR2004 - RFC 9110 §15: the classes of final statuses
        raise MalformedResultError(f"statusCode {value!r}")
    return value


def _bare(body: bytes, request_id: str) -> Response:
    return Response(200, body, (JSON, (REQUEST_ID, request_id.encode())))


def _formatted(result: dict[str, Any], request_id: str) -> Response:
    status = status_code(result["statusCode"])
    body = _body(result)
    headers = list(_headers(result.get("headers")))
    if status in _BODILESS:
        body = b""
    elif not any(name == b"content-type" for name, _ in headers):
        headers.append((b"content-type", DEFAULT_CONTENT_TYPE.encode()))
    headers += _cookies(result.get("cookies"))
    headers.append((REQUEST_ID, request_id.encode()))
    return Response(status, body, tuple(headers))


def _body(result: dict[str, Any]) -> bytes:
    body = result.get("body")
    encoded = result.get("isBase64Encoded")
    if body is None:
        return b""
    if not isinstance(body, str) or not (encoded is None or isinstance(encoded, bool)):
        raise MalformedResultError("body or isBase64Encoded")
    if not encoded:
        return body.encode()
    try:
        return b64decode(body, validate=True)
    except binascii.Error as wrong:
        raise MalformedResultError("body is not base64") from wrong


def _headers(headers: object) -> Iterator[tuple[bytes, bytes]]:
    if headers is None:
        return
    if not isinstance(headers, dict):
        raise MalformedResultError("headers")
    for name, value in headers.items():
        if not isinstance(value, str | int | float) or not _TOKEN.fullmatch(name):
            raise MalformedResultError(f"header {name}")
        if name.lower() not in _HOP_BY_HOP:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            yield name.lower().encode(), _printable(text)


def _cookies(cookies: object) -> list[tuple[bytes, bytes]]:
    if cookies is None:
        return []
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) for cookie in cookies):
        raise MalformedResultError("cookies")
    return [(b"set-cookie", _printable(cookie)) for cookie in cookies]


def _printable(text: str) -> bytes:
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError as wrong:
        raise MalformedResultError("a header is not Latin-1") from wrong
    if any(octet < 0x20 and octet != 0x09 for octet in octets) or 0x7F in octets:  # noqa: PLR2004 - control characters
        raise MalformedResultError("a header has a control character")
    return octets
