"""The event of an HTTP API, payload format 2.0."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from local.gateway.exchange import Request
from local.gateway.http_routes import Match
from local.gateway.ids import ACCOUNT_ID, new_trace_id, request_time

DEFAULT_CONTENT_TYPE = "text/plain; charset=utf-8"

_TEXT_TYPES = frozenset({"application/json", "application/javascript", "application/xml"})
"""Besides `text/*`. All else, forms included, reaches a function in base64."""

_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True)
class Call:
    """Where and when a request came in."""

    api_id: str
    stage: str
    request_id: str
    now: float
    """Seconds since the epoch."""
    port: int
    stage_variables: Mapping[str, str] = field(default_factory=dict)


def http_event(request: Request, match: Match, call: Call) -> dict[str, Any]:
    """What the function of a route is called with; keys without a value are absent.

    Shape: developer guide, "Create AWS Lambda proxy integrations for HTTP APIs", and captures.
    """
    headers, cookies = _headers(request, call)
    path = decoded_path(request.raw_path)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.key,
        "rawPath": path,
        "rawQueryString": request.query,
    }
    if cookies:
        event["cookies"] = cookies
    event["headers"] = headers
    if query := _query(request.query):
        event["queryStringParameters"] = query
    event["requestContext"] = _context(request, match, call, headers, path)
    if match.parameters:
        event["pathParameters"] = dict(match.parameters)
    if call.stage_variables:
        event["stageVariables"] = dict(call.stage_variables)
    event.update(_body(request.body, headers.get("content-type", "")))
    return event


def decoded_path(raw_path: str) -> str:
    """A path as events show it: decoded, and cut at a `?` that was hidden as `%3F`."""
    return unquote(raw_path).partition("?")[0] if "%" in raw_path else raw_path


def _headers(request: Request, call: Call) -> tuple[dict[str, str], list[str]]:
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for raw_name, raw_value in request.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name == "cookie":
            cookies += [cookie.strip() for cookie in value.split(";") if cookie.strip()]
        else:
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    if "content-type" not in headers and (request.body or request.method in _BODY_METHODS):
        headers["content-type"] = DEFAULT_CONTENT_TYPE
    headers.setdefault("content-length", str(len(request.body)))
    headers["x-amzn-trace-id"] = headers.get("x-amzn-trace-id") or new_trace_id(call.now)
    before = headers.get("x-forwarded-for")
    headers["x-forwarded-for"] = f"{before}, {request.source_ip}" if before else request.source_ip
    headers["x-forwarded-port"] = str(call.port)
    headers["x-forwarded-proto"] = "http"
    return headers, cookies


def _context(
    request: Request, match: Match, call: Call, headers: Mapping[str, str], path: str
) -> dict[str, Any]:
    domain = headers.get("host", "")
    return {
        "accountId": ACCOUNT_ID,
        "apiId": call.api_id,
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0].partition(":")[0],
        "http": {
            "method": request.method,
            "path": path,
            "protocol": f"HTTP/{request.http_version}",
            "sourceIp": request.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": call.request_id,
        "routeKey": match.key,
        "stage": call.stage,
        "time": request_time(call.now),
        "timeEpoch": int(call.now * 1000),
    }


def _query(query: str) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(body: bytes, content_type: str) -> dict[str, Any]:
    if not body:
        return {"isBase64Encoded": False}
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.startswith("text/") or media_type in _TEXT_TYPES:
        try:
            return {"body": body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            # Called text, but no JSON string could hold it.
            pass
    return {"body": b64encode(body).decode("ascii"), "isBase64Encoded": True}
