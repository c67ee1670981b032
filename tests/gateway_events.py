"""Events as API Gateway sends them, for tests that call a handler without a gateway."""

import itertools
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_NUMBERS = itertools.count(1)


def http_event(
    method: str,
    target: str,
    *,
    body: Any = None,
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
    source_ip: str = "192.0.2.1",
) -> dict[str, Any]:
    """An HTTP API event (payload 2.0). `body` goes as JSON unless it is text already."""
    url = urlsplit(target)
    given = {"host": "api.test", "user-agent": "tests/1.0", **(headers or {})}
    if body is not None:
        given.setdefault("content-type", "application/json")
    if token is not None:
        given["authorization"] = f"Bearer {token}"
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {url.path}",
        "rawPath": url.path,
        "rawQueryString": url.query,
        "headers": given,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.test",
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": url.path,
                "protocol": "HTTP/1.1",
                "sourceIp": source_ip,
                "userAgent": given["user-agent"],
            },
            "requestId": _request_id(),
            "routeKey": f"{method} {url.path}",
            "stage": "$default",
            "time": "24/Nov/2026:06:00:00 +0000",
            "timeEpoch": 1795500000000,
        },
        "isBase64Encoded": False,
    }
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    return event


def connect_event(connection_id: str, *, headers: Mapping[str, str] | None = None) -> Any:
    """`$connect` of a WebSocket API."""
    return {
        "headers": dict(headers or {}),
        "requestContext": _socket_context("$connect", "CONNECT", connection_id),
        "isBase64Encoded": False,
    }


def message_event(connection_id: str, frame: Any, *, connected_sec_ago: float = 1) -> Any:
    """A message through `$default`. `frame` goes as JSON unless it is text already."""
    return {
        "requestContext": {
            **_socket_context("$default", "MESSAGE", connection_id),
            "connectedAt": int((time.time() - connected_sec_ago) * 1000),
            "messageId": _request_id(),
        },
        "body": frame if isinstance(frame, str) else json.dumps(frame),
        "isBase64Encoded": False,
    }


def disconnect_event(connection_id: str, code: int = 1005) -> Any:
    """`$disconnect` of a WebSocket API."""
    return {
        "headers": {"Host": "socket.test", "x-api-key": "", "X-Forwarded-For": ""},
        "requestContext": {
            **_socket_context("$disconnect", "DISCONNECT", connection_id),
            "disconnectStatusCode": code,
            "disconnectReason": "Client-side close frame status not set",
        },
        "isBase64Encoded": False,
    }


def _socket_context(route_key: str, kind: str, connection_id: str) -> dict[str, Any]:
    request_id = _request_id()
    return {
        "routeKey": route_key,
        "eventType": kind,
        "extendedRequestId": request_id,
        "requestTime": "24/Nov/2026:06:00:00 +0000",
        "messageDirection": "IN",
        "stage": "live",
        "connectedAt": 1795500000000,
        "requestTimeEpoch": 1795500000000,
        "identity": {"sourceIp": "192.0.2.1"},
        "requestId": request_id,
        "domainName": "socket.test",
        "connectionId": connection_id,
        "apiId": "socket",
    }


def _request_id() -> str:
    return f"req{next(_NUMBERS):012}="
