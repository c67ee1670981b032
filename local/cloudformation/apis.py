"""`AWS::Serverless::HttpApi` and `AWS::Serverless::WebSocketApi`."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from local.cloudformation.auth import Functions, check_count, read_auth, read_cors, read_socket_auth
from local.cloudformation.doors import RouteOf
from local.cloudformation.function_of import function_of
from local.cloudformation.resource import Resource
from local.gateway.selection import UnsupportedSelectionError
from local.gateway.selection import route_selection as compiled
from local.model import HttpApi, HttpRoute, SocketRoute, Throttle, WebSocketApi

_HTTP_NOT_DONE = ("DefinitionBody", "DefinitionUri")
SOCKET_NOT_DONE = ("ApiKeySelectionExpression", "DefaultRouteSettings", "RouteSettings")
SOCKET_ROUTE_NOT_DONE = (
    *("ApiKeyRequired", "ModelSelectionExpression", "RequestModels", "RequestParameters"),
)
ROUTES = 300
"""Routes that one API may have."""
_DEFAULT_TIMEOUT = timedelta(seconds=29)


def read_http_api(resource: Resource, routes: Iterable[RouteOf], functions: Functions) -> HttpApi:
    """One HTTP API with the routes that functions give it."""
    resource.refuse(_HTTP_NOT_DONE)
    auth = read_auth(resource, functions)
    throttles = _Throttles(resource)
    found: dict[tuple[str, str], HttpRoute] = {}
    for declared in routes:
        route = declared.route
        other = found.get((route.method, route.path))
        if other is not None:
            resource.problem(
                f"{route.method} {route.path} leads to both {other.function} and {route.function}"
            )
            continue
        authorizer, scopes = auth.of_route(declared.event)
        found[route.method, route.path] = replace(
            route,
            authorizer=authorizer,
            scopes=scopes,
            throttle=throttles.of_route(route, declared.event),
        )
    check_count(resource, len(found), ROUTES, "routes")
    return HttpApi(
        name=resource.name,
        routes=tuple(found.values()),
        stage=resource.text("StageName") or "$default",
        cors=read_cors(resource),
        stage_variables=stage_variables(resource),
    )


class _Throttles:
    """`DefaultRouteSettings` and `RouteSettings` of an HTTP API."""

    def __init__(self, api: Resource) -> None:
        self._default = _throttle(
            api.part("DefaultRouteSettings", api.mapping("DefaultRouteSettings"))
        )
        self._own = {
            key: _throttle(api.part(f"RouteSettings, {key}", settings))
            for key, settings in api.mapping("RouteSettings").items()
            if isinstance(settings, dict)
        }

    def of_route(self, route: HttpRoute, event: Resource) -> Throttle | None:
        """The limit of one route: its event's, else its key's, else the API's."""
        key = route.path if route.path == "$default" else f"{route.method} {route.path}"
        own = event.part("RouteSettings", event.mapping("RouteSettings"))
        return _throttle(own) or self._own.get(key) or self._default


def _throttle(part: Resource) -> Throttle | None:
    rate, burst = part.value("ThrottlingRateLimit"), part.value("ThrottlingBurstLimit")
    if rate is None and burst is None:
        return None
    try:
        return Throttle(
            float(10_000 if rate is None else rate), int(5_000 if burst is None else burst)
        )
    except (TypeError, ValueError, OverflowError):
        part.problem("ThrottlingRateLimit and ThrottlingBurstLimit are numbers")
        return None


def stage_variables(api: Resource) -> Mapping[str, str]:
    """What the events of a stage say beside their own."""
    section = api.part("StageVariables", api.mapping("StageVariables"))
    return {name: section.variable(name) for name in section.keys}


def read_websocket_api(resource: Resource, functions: Functions) -> WebSocketApi:
    """An `AWS::Serverless::WebSocketApi`."""
    resource.refuse(SOCKET_NOT_DONE)
    check_count(resource, len(resource.mapping("Routes")), ROUTES, "routes")
    routes: dict[str, SocketRoute] = {}
    for key, declaration in resource.mapping("Routes").items():
        if not isinstance(declaration, dict):
            resource.problem(f"the route {key} is no map")
            continue
        part = resource.part(f"route {key}", declaration)
        part.refuse(SOCKET_ROUTE_NOT_DONE)
        function = function_of(part, "FunctionArn", functions.run, functions.skipped)
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
        authorizer=read_socket_auth(resource, functions),
        stage_variables=stage_variables(resource),
    )


def route_selection(resource: Resource) -> str:
    """The expression that finds a message's route, which AWS demands."""
    expression = resource.text("RouteSelectionExpression")
    if not expression:
        resource.problem("it has no RouteSelectionExpression")
        return ""
    try:
        compiled(expression)
    except UnsupportedSelectionError as unsupported:
        resource.problem(str(unsupported))
    return expression


def integration_timeout(part: Resource, key: str) -> timedelta:
    """An integration's time limit, in a template given in milliseconds."""
    milliseconds = part.number(key, least=50, most=29000)
    return timedelta(milliseconds=milliseconds) if milliseconds else _DEFAULT_TIMEOUT
