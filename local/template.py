"""Reads a SAM template into what the emulator acts upon, and names what it will not do.

A resource is *asked for* when it runs code or opens a door: functions, APIs, schedules, queues,
event sources. Those not done here are named in `Template.unsupported`. Everything else has no
meaning on this machine and is passed over: data stores, networks, permissions, certificates and
domains, alarms and logs, deployment (aliases, versions, custom resources, nested stacks without
functions). Of a function's properties the same holds. Of its `Layers`, those of the template that
are folders with a `python/` are on its path; the packages of those that are built for Lambda are
those of the environment that runs the emulator; and layers of elsewhere are named.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from local.cloudformation.apis import read_http_api, read_websocket_api
from local.cloudformation.auth import Functions
from local.cloudformation.document import DocumentError, load
from local.cloudformation.doors import Doors, RouteOf
from local.cloudformation.functions import (
    IMPLICIT_HTTP_API,
    read_events,
    read_function,
)
from local.cloudformation.gateway_v2 import read_gateway_v2
from local.cloudformation.intrinsics import Node, Scope
from local.cloudformation.layers import layer_folder
from local.cloudformation.metadata import read_local
from local.cloudformation.queues import (
    SOURCE,
    check_queues,
    check_sources,
    in_order,
    read_mapping,
    read_queue,
)
from local.cloudformation.resource import Findings, Resource
from local.cloudformation.scope import FUNCTION, LAYER, QUEUE, make_scope, region_of
from local.model import Function, HttpApi, Queue, QueueSource, Template, WebSocketApi

_SECTIONS = ("Conditions", "Globals", "Mappings", "Metadata", "Parameters")
_GLOBALS = ("Function", "HttpApi", "WebSocketApi")
_NOTHING: Mapping[str, str] = MappingProxyType({})
_HTTP_API = "AWS::Serverless::HttpApi"
_WEBSOCKET_API = "AWS::Serverless::WebSocketApi"
_GATEWAY_V2 = "AWS::ApiGatewayV2::"
_RUNS_OR_OPENS = (
    *("AWS::ApiGateway::RestApi", "AWS::AppSync::GraphQLApi", "AWS::Events::Rule"),
    *("AWS::Lambda::Function", "AWS::Lambda::Url"),
    *("AWS::S3::Bucket", "AWS::SNS::Subscription", "AWS::SNS::Topic"),
    *("AWS::Scheduler::Schedule", "AWS::Serverless::Api", "AWS::Serverless::Application"),
    *("AWS::Serverless::GraphQLApi", "AWS::Serverless::StateMachine"),
    "AWS::StepFunctions::StateMachine",
)


class TemplateError(Exception):
    """A template that cannot be run, with every reason for it."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.path = path
        self.problems = tuple(problems)
        super().__init__("\n  ".join([f"The template {path} cannot be run:", *problems]))


def read_template(
    path: Path, *, environment: Mapping[str, str], parameters: Mapping[str, str] = _NOTHING
) -> Template:
    """Read a template.

    Args:
        path: The template; code is found relative to it.
        environment: A variable that a function declares takes its value from here if it is here.
        parameters: Values for the template's parameters; the others have those of
            `Metadata.Local`, or their defaults.

    Raises:
        TemplateError: It cannot be read or has mistakes; all of them are told.
    """
    path = path.resolve()
    try:
        document = load(path)
    except DocumentError as error:
        raise TemplateError(path, [str(error)]) from None
    findings = Findings()
    document = _with_maps(document, _SECTIONS, "the template", findings)
    document["Globals"] = _with_maps(document["Globals"], _GLOBALS, "Globals", findings)
    region = region_of(environment)
    local = read_local(document["Metadata"], findings)
    scope, active = make_scope(document, {**local.parameters, **parameters}, region, findings)
    reader = _Reader(document, scope, findings)
    for name, declaration in active.items():
        reader.add(name, declaration)
    template = replace(reader.read(path, environment, region), local=local)
    if findings.problems:
        raise TemplateError(path, findings.problems)
    return template


def _with_maps(
    node: Mapping[str, Node], keys: Iterable[str], place: str, findings: Findings
) -> dict[str, Node]:
    """`node` with a map at each of these keys: an empty one where there is none."""
    maps: dict[str, Node] = {}
    for key in keys:
        section = node.get(key) or {}
        if not isinstance(section, dict):
            findings.problems.append(f"{key}: this part of {place} is no map")
        maps[key] = section if isinstance(section, dict) else {}
    return {**node, **maps}


class _Reader:
    """The resources of a template by their kind."""

    def __init__(self, document: Mapping[str, Node], scope: Scope, findings: Findings) -> None:
        self._document = document
        self._scope = scope
        self._findings = findings
        self._globals: Mapping[str, Node] = document["Globals"]
        self._functions: list[Resource] = []
        self._http_apis: list[Resource] = []
        self._websocket_apis: list[Resource] = []
        self._gateway_v2: list[Resource] = []
        self._layers: list[Resource] = []
        self._queues: list[Resource] = []
        self._sources: list[Resource] = []

    def add(self, name: str, declaration: Mapping[str, Node]) -> None:
        """Put a resource with its kind; say so if the emulator does not do it."""
        resource = Resource(name, declaration, self._scope, self._findings)
        if resource.type == FUNCTION:
            self._functions.append(resource.under(self._globals["Function"]))
        elif resource.type == _HTTP_API:
            self._http_apis.append(resource.under(self._globals["HttpApi"]))
        elif resource.type == _WEBSOCKET_API:
            self._websocket_apis.append(resource.under(self._globals["WebSocketApi"]))
        elif resource.type == LAYER:
            self._layers.append(resource)
        elif resource.type == QUEUE:
            self._queues.append(resource)
        elif resource.type == SOURCE:
            self._sources.append(resource)
        elif resource.type in _RUNS_OR_OPENS:
            if resource.type != "AWS::S3::Bucket" or "NotificationConfiguration" in resource.keys:
                resource.unsupported(f"{resource.type} is not emulated")
        elif resource.type.startswith(_GATEWAY_V2):
            self._gateway_v2.append(resource)

    def read(self, path: Path, environment: Mapping[str, str], region: str) -> Template:
        """The whole template; its mistakes are in the findings."""
        functions: dict[str, Function] = {}
        doors = Doors()
        layers = {layer.name: layer_folder(layer, path.parent) for layer in self._layers}
        for resource in self._functions:
            function = read_function(resource, path.parent, environment, region, layers)
            if function:
                functions[resource.name] = function
                read_events(resource, doors)
        queues = in_order([read_queue(resource) for resource in self._queues])
        self._findings.problems += check_queues(queues, region)
        return Template(
            path=path,
            functions=functions,
            http_apis=self._read_http_apis(doors.routes, functions),
            websocket_apis=self._read_websocket_apis(functions),
            schedules=tuple(doors.schedules),
            queues=queues,
            queue_sources=self._read_sources(doors, queues, functions),
            region=region,
            unsupported=tuple(self._findings.unsupported),
            notes=tuple(self._findings.notes),
        )

    def _read_http_apis(
        self, routes: list[RouteOf], functions: Mapping[str, Function]
    ) -> tuple[HttpApi, ...]:
        apis = list(self._http_apis)
        if any(route.api == IMPLICIT_HTTP_API for route in routes):
            declaration = {"Type": _HTTP_API, "Properties": self._globals["HttpApi"]}
            apis.append(Resource(IMPLICIT_HTTP_API, declaration, self._scope, self._findings))
        names = {api.name for api in apis}
        for route in routes:
            if route.api not in names:
                self._findings.problems.append(
                    f"{route.route.function}: ApiId is {route.api!r}, no HTTP API of this template"
                )
        known = self._known(functions)
        return tuple(
            read_http_api(api, (route for route in routes if route.api == api.name), known)
            for api in apis
        )

    def _known(self, functions: Mapping[str, Function]) -> Functions:
        names = {resource.name for resource in self._functions}
        return Functions(run=functions.keys(), skipped=names - functions.keys())

    def _read_websocket_apis(self, functions: Mapping[str, Function]) -> tuple[WebSocketApi, ...]:
        known = self._known(functions)
        return (
            *(read_websocket_api(api, known) for api in self._websocket_apis),
            *read_gateway_v2(self._gateway_v2, known),
        )

    def _read_sources(
        self, doors: Doors, queues: tuple[Queue, ...], functions: Mapping[str, Function]
    ) -> tuple[QueueSource, ...]:
        skipped = self._known(functions).skipped
        sources = list(doors.queue_sources)
        for resource in self._sources:
            sources += read_mapping(resource, functions, skipped)
        self._findings.problems += check_sources(sources, queues, functions)
        return tuple(sources)
