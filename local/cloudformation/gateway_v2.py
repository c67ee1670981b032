"""WebSocket APIs spelt out as `AWS::ApiGatewayV2::{Api,Route,Integration,Stage,RouteResponse}`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from local.cloudformation.apis import function_of, integration_timeout, route_selection
from local.cloudformation.resource import Resource
from local.model import SocketRoute, WebSocketApi

_API = "AWS::ApiGatewayV2::Api"
_INTEGRATION = "AWS::ApiGatewayV2::Integration"
_ROUTE = "AWS::ApiGatewayV2::Route"
_ROUTE_RESPONSE = "AWS::ApiGatewayV2::RouteResponse"
_STAGE = "AWS::ApiGatewayV2::Stage"


@dataclass(frozen=True)
class _Parts:
    """The resources of this kind in a template, and its functions."""

    resources: Sequence[Resource]
    functions: Collection[str]
    skipped: Collection[str]

    def of_type(self, kind: str, **belonging_to: str) -> list[Resource]:
        """Those of one type whose properties refer to the given ones."""
        return [
            resource
            for resource in self.resources
            if resource.type == kind
            and all(resource.text(key) == name for key, name in belonging_to.items())
        ]


def read_gateway_v2(
    resources: Sequence[Resource], functions: Collection[str], skipped: Collection[str]
) -> list[WebSocketApi]:
    """All WebSocket APIs among these resources; an HTTP API spelt out so is named as not done."""
    parts = _Parts(resources, functions, skipped)
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
    for stage in stages[1:]:
        stage.unsupported(f"of the stages of {api.name} only {stages[0].name} is served")
    routes = (_route(route, parts) for route in parts.of_type(_ROUTE, ApiId=api.name))
    return WebSocketApi(
        name=api.name,
        routes={route.key: route for route in routes if route},
        stage=(stages[0].text("StageName") if stages else None) or "",
        route_selection=route_selection(api),
    )


def _route(route: Resource, parts: _Parts) -> SocketRoute | None:
    key, target = route.text("RouteKey"), route.text("Target")
    if (route.text("AuthorizationType") or "NONE") != "NONE":
        route.unsupported("AuthorizationType is not acted upon: everybody may connect")
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
    function = function_of(integration, "IntegrationUri", parts.functions, parts.skipped)
    if function is None:
        return None
    return SocketRoute(
        key=key,
        function=function,
        integration_timeout=integration_timeout(integration, "TimeoutInMillis"),
        two_way=route.text("RouteResponseSelectionExpression") is not None
        and bool(parts.of_type(_ROUTE_RESPONSE, RouteId=route.name)),
    )
