"""WebSocket APIs spelt out as `AWS::ApiGatewayV2::{Api,Route,Integration,Stage,RouteResponse}`."""

from collections.abc import Sequence
from dataclasses import dataclass

from local.cloudformation.apis import (
    ROUTES,
    SOCKET_NOT_DONE,
    SOCKET_ROUTE_NOT_DONE,
    integration_timeout,
    route_selection,
    stage_variables,
)
from local.cloudformation.auth import AUTHORIZERS, Functions, check_count, socket_identity
from local.cloudformation.function_of import function_of
from local.cloudformation.resource import Resource
from local.model import LambdaAuthorizer, SocketRoute, WebSocketApi

_API = "AWS::ApiGatewayV2::Api"
_AUTHORIZER = "AWS::ApiGatewayV2::Authorizer"
_INTEGRATION = "AWS::ApiGatewayV2::Integration"
_ROUTE = "AWS::ApiGatewayV2::Route"
_ROUTE_RESPONSE = "AWS::ApiGatewayV2::RouteResponse"
_STAGE = "AWS::ApiGatewayV2::Stage"


@dataclass(frozen=True)
class _Parts:
    """The resources of this kind in a template, and its functions."""

    resources: Sequence[Resource]
    functions: Functions

    def of_type(self, kind: str, **belonging_to: str) -> list[Resource]:
        """Those of one type whose properties refer to the given ones."""
        return [
            resource
            for resource in self.resources
            if resource.type == kind
            and all(resource.text(key) == name for key, name in belonging_to.items())
        ]


def read_gateway_v2(resources: Sequence[Resource], functions: Functions) -> list[WebSocketApi]:
    """All WebSocket APIs among these resources; an HTTP API spelt out so is named as not done."""
    parts = _Parts(resources, functions)
    apis: list[WebSocketApi] = []
    for resource in parts.of_type(_API):
        if resource.text("ProtocolType") == "WEBSOCKET":
            apis.append(_websocket_api(resource, parts))
        else:
            resource.unsupported(f"HTTP APIs are read as AWS::Serverless::HttpApi, not as {_API}")
    return apis


def _websocket_api(api: Resource, parts: _Parts) -> WebSocketApi:
    stages = parts.of_type(_STAGE, ApiId=api.name)
    if not stages:
        api.problem("it has no stage (AWS::ApiGatewayV2::Stage)")
    for stage in stages[:1]:
        stage.refuse(SOCKET_NOT_DONE)
    for stage in stages[1:]:
        stage.unsupported(f"of the stages of {api.name} only {stages[0].name} is served")
    api.refuse(SOCKET_NOT_DONE)
    declared = parts.of_type(_ROUTE, ApiId=api.name)
    check_count(api, len(declared), ROUTES, "routes")
    check_count(api, len(parts.of_type(_AUTHORIZER, ApiId=api.name)), AUTHORIZERS, "authorizers")
    routes = (_route(route, parts) for route in declared)
    return WebSocketApi(
        name=api.name,
        routes={route.key: route for route in routes if route},
        stage=(stages[0].text("StageName") if stages else None) or "",
        route_selection=route_selection(api),
        authorizer=_authorizer(api, parts),
        stage_variables=stage_variables(stages[0]) if stages else {},
    )


def _authorizer(api: Resource, parts: _Parts) -> LambdaAuthorizer | None:
    """The one of `$connect`, where alone a WebSocket API can have one."""
    for route in parts.of_type(_ROUTE, ApiId=api.name, RouteKey="$connect"):
        kind = route.text("AuthorizationType") or "NONE"
        if kind == "CUSTOM":
            return _request_authorizer(route, parts)
        if kind != "NONE":
            route.unsupported(f"AuthorizationType {kind} is not acted upon: everybody may connect")
    return None


def _request_authorizer(route: Resource, parts: _Parts) -> LambdaAuthorizer | None:
    name = route.text("AuthorizerId")
    authorizer = next((each for each in parts.of_type(_AUTHORIZER) if each.name == name), None)
    if authorizer is None:
        route.problem(f"AuthorizerId is {name!r}, no authorizer of this template")
        return None
    functions = parts.functions
    function = function_of(authorizer, "AuthorizerUri", functions.run, functions.skipped)
    if function is None:
        return None
    return LambdaAuthorizer(authorizer.name, function, socket_identity(authorizer))


def _route(route: Resource, parts: _Parts) -> SocketRoute | None:
    route.refuse(SOCKET_ROUTE_NOT_DONE)
    key, target = route.text("RouteKey"), route.text("Target")
    if not key:
        route.problem("it has no RouteKey")
    if not target:
        route.problem("it has no Target")
    if not key or not target:
        return None
    name = target.removeprefix("integrations/")
    integration = next((i for i in parts.of_type(_INTEGRATION) if i.name == name), None)
    if integration is None:
        route.problem(f"Target is {target!r}, no integration of this template")
        return None
    if integration.text("IntegrationType") != "AWS_PROXY":
        integration.unsupported("only integrations of the type AWS_PROXY are made")
        return None
    function = function_of(
        integration, "IntegrationUri", parts.functions.run, parts.functions.skipped
    )
    if function is None:
        return None
    return SocketRoute(
        key=key,
        function=function,
        integration_timeout=integration_timeout(integration, "TimeoutInMillis"),
        two_way=route.text("RouteResponseSelectionExpression") is not None
        and bool(parts.of_type(_ROUTE_RESPONSE, RouteId=route.name)),
    )
