"""The three events of a WebSocket API: CONNECT, MESSAGE and DISCONNECT."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from local.gateway.ids import new_id, new_trace_id, request_time

_HIDDEN = frozenset({"connection", "upgrade", "content-length"})
"""Handshake headers that an integration does not see (an authorizer does)."""


@dataclass(frozen=True)
class Handshake:
    """The request that asks for a WebSocket."""

    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    """Names in the client's case."""
    source_ip: str
    port: int
    """The gateway's, for `X-Forwarded-Port`."""

    def header(self, name: str) -> str | None:
        """The first value of a header, `name` in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Origin:
    """What stays the same in every event of one connection."""

    connection_id: str
    connected_at: int
    """Milliseconds since the epoch."""
    source_ip: str
    user_agent: str | None
    domain: str
    api_id: str
    stage: str
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    authorizer: Mapping[str, Any] | None = None
    """What an authorizer said of the client at `$connect`; in every event from then on."""

    def identity(self) -> dict[str, str]:
        """Who is at the other end, as far as the gateway knows."""
        if self.user_agent is None:
            return {"sourceIp": self.source_ip}
        return {"userAgent": self.user_agent, "sourceIp": self.source_ip}


def connect_event(
    handshake: Handshake, origin: Origin, request_id: str, now: float
) -> dict[str, Any]:
    """The event of `$connect`; headers keep the client's case."""
    several = _headers(handshake, origin, now, _HIDDEN)
    event: dict[str, Any] = {
        "headers": {name: values[-1] for name, values in several.items()},
        "multiValueHeaders": several,
    }
    if query := _query(handshake):
        event["queryStringParameters"] = {name: values[-1] for name, values in query.items()}
        event["multiValueQueryStringParameters"] = query
    return _event(event, _context(origin, "$connect", "CONNECT", request_id, now), origin)


def authorizer_event(
    handshake: Handshake, origin: Origin, request_id: str, now: float, arn: str
) -> dict[str, Any]:
    """The event of an authorizer, which sees all headers; maps are there though empty."""
    several = _headers(handshake, origin, now, frozenset())
    query = _query(handshake)
    return {
        "type": "REQUEST",
        "methodArn": arn,
        "headers": {name: values[-1] for name, values in several.items()},
        "multiValueHeaders": several,
        "queryStringParameters": {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": query,
        "stageVariables": dict(origin.stage_variables),
        "requestContext": _context(origin, "$connect", "CONNECT", request_id, now),
    }


def _headers(
    handshake: Handshake, origin: Origin, now: float, hidden: frozenset[str]
) -> dict[str, list[str]]:
    several: dict[str, list[str]] = {}
    for name, value in handshake.headers:
        if name.lower() not in hidden:
            several.setdefault(name, []).append(value)
    present = {name.lower(): name for name in several}
    if "x-amzn-trace-id" not in present:
        several["X-Amzn-Trace-Id"] = [new_trace_id(now)]
    before = several.pop(present.get("x-forwarded-for", ""), [])
    several["X-Forwarded-For"] = [", ".join([*before, origin.source_ip])]
    several["X-Forwarded-Port"] = [str(handshake.port)]
    several["X-Forwarded-Proto"] = ["http"]
    return several


def _query(handshake: Handshake) -> dict[str, list[str]]:
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(handshake.query, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    return query


def _event(event: dict[str, Any], context: dict[str, Any], origin: Origin) -> dict[str, Any]:
    """What all three events have in common."""
    if origin.stage_variables:
        event["stageVariables"] = dict(origin.stage_variables)
    event["requestContext"] = context
    if origin.authorizer is not None:
        context["authorizer"] = dict(origin.authorizer)
    event["isBase64Encoded"] = False
    return event


def message_event(
    body: str, route_key: str, origin: Origin, request_id: str, now: float
) -> dict[str, Any]:
    """The event of a message: no headers, no query, nothing of `$connect` but the connection."""
    context = _context(origin, route_key, "MESSAGE", request_id, now)
    context["messageId"] = new_id()
    return _event({"body": body}, context, origin)


def disconnect_event(
    code: int, reason: str, origin: Origin, request_id: str, now: float
) -> dict[str, Any]:
    """The event of `$disconnect`: four headers, three of them empty whatever the client sent."""
    headers = {"Host": origin.domain, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    context = _context(origin, "$disconnect", "DISCONNECT", request_id, now)
    context["disconnectStatusCode"] = code
    context["disconnectReason"] = reason
    event = {
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
    }
    return _event(event, context, origin)


def _context(
    origin: Origin, route_key: str, event_type: str, request_id: str, now: float
) -> dict[str, Any]:
    return {
        "routeKey": route_key,
        "eventType": event_type,
        "extendedRequestId": request_id,
        "requestTime": request_time(now),
        "messageDirection": "IN",
        "stage": origin.stage,
        "connectedAt": origin.connected_at,
        "requestTimeEpoch": int(now * 1000),
        "identity": origin.identity(),
        "requestId": request_id,
        "domainName": origin.domain,
        "connectionId": origin.connection_id,
        "apiId": origin.api_id,
    }
