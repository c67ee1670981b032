"""`AWS::Serverless::HttpApi` and `AWS::Serverless::WebSocketApi`."""

import re
from collections.abc import Collection, Iterable
from datetime import timedelta

from local.cloudformation.doors import RouteOf
from local.cloudformation.resource import Resource
from local.model import HttpApi, SocketRoute, WebSocketApi

_HTTP_NOT_DONE = (
    *("Auth", "CorsConfiguration", "DefaultRouteSettings", "DefinitionBody", "DefinitionUri"),
    *("RouteSettings", "StageVariables"),
)
_SOCKET_NOT_DONE = (
    *("ApiKeySelectionExpression", "Auth", "DefaultRouteSettings", "RouteSettings"),
    "StageVariables",
)
_SOCKET_ROUTE_NOT_DONE = (
    *("ApiKeyRequired", "ModelSelectionExpression", "RequestModels", "RequestParameters"),
)
_FUNCTION_ARN = re.compile(r":function:([A-Za-z0-9_-]+)")
_DEFAULT_TIMEOUT = timedelta(seconds=29)


def read_http_api(resource: Resource, routes: Iterable[RouteOf]) -> HttpApi:
    """One HTTP API with the routes that functions give it."""
    resource.refuse(_HTTP_NOT_DONE)
    found: dict[tuple[str, str], RouteOf] = {}
    for declared in routes:
        route = declared.route
        other = found.setdefault((route.method, route.path), declared).route
        if other is not route:
            resource.problem(
                f"{route.method} {route.path} leads to both {other.function} and {route.function}"
            )
    return HttpApi(
        name=resource.name,
        routes=tuple(declared.route for declared in found.values()),
        stage=resource.text("StageName") or "$default",
    )


def read_websocket_api(
    resource: Resource, functions: Collection[str], skipped: Collection[str]
) -> WebSocketApi:
    """An `AWS::Serverless::WebSocketApi`; `skipped` are functions that do not run here."""
    resource.refuse(_SOCKET_NOT_DONE)
    routes: dict[str, SocketRoute] = {}
    for key, declaration in resource.mapping("Routes").items():
        if not isinstance(declaration, dict):
            resource.problem(f"the route {key} is no map")
            continue
        part = resource.part(f"route {key}", declaration)
        part.refuse(_SOCKET_ROUTE_NOT_DONE)
        function = function_of(part, "FunctionArn", functions, skipped)
        if function:
            routes[key] = SocketRoute(
                key=key,
                function=function,
                integration_timeout=integration_timeout(part, "IntegrationTimeout"),
                two_way=part.text("RouteResponseSelectionExpression") is not None,
            )
    return WebSocketApi(
        name=resource.name,
        routes=routes,
        stage=resource.text("StageName") or "default",
        route_selection=route_selection(resource),
    )


def route_selection(resource: Resource) -> str:
    """The expression that finds a message's route, which AWS demands."""
    expression = resource.text("RouteSelectionExpression")
    if not expression:
        resource.problem("it has no RouteSelectionExpression")
    return expression or ""


def function_of(
    part: Resource, key: str, functions: Collection[str], skipped: Collection[str]
) -> str | None:
    """The function that an ARN (or an integration's URI around one) means."""
    if key not in part.keys:
        part.problem(f"it has no {key}")
        return None
    arn = part.text(key)
    if arn is None:
        return None
    match = _FUNCTION_ARN.search(arn)
    name = match[1] if match else arn
    if name in skipped:
        part.unsupported(f"it leads to {name}, which is not run")
        return None
    if not match or name not in functions:
        part.problem(f"{key} is {arn!r}, no function of this template")
        return None
    return name


def integration_timeout(part: Resource, key: str) -> timedelta:
    """An integration's time limit, in a template given in milliseconds."""
    milliseconds = part.number(key, least=50, most=29000)
    return timedelta(milliseconds=milliseconds) if milliseconds else _DEFAULT_TIMEOUT
