"""template.yaml, read and typed: the single list of doors, for documents, tests and operations.

The emulator reads the same file with a reader of its own, because it also runs templates of others.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

PATH: Final = Path(__file__).parents[1] / "template.yaml"
FUNCTION: Final = "AWS::Serverless::Function"
SOCKET_API: Final = "AWS::Serverless::WebSocketApi"
CUSTOM: Final = "Custom::"

Node: TypeAlias = Any
"""A piece of the template: intrinsic functions are maps of one key, as `{"Ref": "HttpApi"}`."""


@dataclass(frozen=True, kw_only=True)
class _Door:
    function: str
    """The function's logical id."""
    handler: str
    """`handlers.accounts.login.handler`."""

    @property
    def module(self) -> str:
        """What to import."""
        return self.handler.rpartition(".")[0]


@dataclass(frozen=True, kw_only=True)
class HttpDoor(_Door):
    """A method and path of the HTTP API."""

    method: str
    path: str


@dataclass(frozen=True, kw_only=True)
class SocketDoor(_Door):
    """A route key of the WebSocket API: `$connect`, `$disconnect` or `$default`."""

    key: str


@dataclass(frozen=True, kw_only=True)
class JobDoor(_Door):
    """A schedule: `rate(1 minute)`."""

    schedule: str


@dataclass(frozen=True, kw_only=True)
class QueueDoor(_Door):
    """A queue that the function empties, by its logical id."""

    queue: str


@dataclass(frozen=True, kw_only=True)
class StackDoor(_Door):
    """A custom resource: CloudFormation calls the function while it deploys."""

    resource: str


Door: TypeAlias = HttpDoor | SocketDoor | JobDoor | QueueDoor | StackDoor


class TemplateError(Exception):
    """The template does not say what it must; the text names the place."""


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, for CloudFormation's tags; a key that comes twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 (PyYAML's signature)
        keys = [self.construct_object(key) for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise TemplateError(f"{node.start_mark}: {', '.join(map(str, twice))} comes twice")
        return super().construct_mapping(node, deep=deep)


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Node]:
    """`!Sub x` as `{"Fn::Sub": x}`, `!GetAtt A.B.C` as `{"Fn::GetAtt": ["A", "B.C"]}`."""
    value: Node
    match node:
        case yaml.ScalarNode():
            value = str(loader.construct_scalar(node))
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            assert isinstance(node, yaml.MappingNode)
            value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def load(path: Path = PATH) -> dict[str, Node]:
    """The template as plain maps, lists and scalars, intrinsic functions in their long form.

    Raises:
        TemplateError: a key comes twice.
    """
    # A subclass of SafeLoader.
    document: dict[str, Node] = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506
    return document


def doors(template: Mapping[str, Node]) -> tuple[Door, ...]:
    """Every way in, in the template's order.

    Raises:
        TemplateError: a function has no door, or a door that is not known here.
    """
    resources: Mapping[str, Node] = template["Resources"]
    found: list[Door] = []
    for name, resource in resources.items():
        if resource["Type"] == FUNCTION:
            found += _of_function(name, resource["Properties"])
        elif resource["Type"] == SOCKET_API:
            found += _of_socket_api(resource["Properties"], resources)
        elif resource["Type"].startswith(CUSTOM):
            function = _target(resource["Properties"]["ServiceToken"])
            handler = resources[function]["Properties"]["Handler"]
            found.append(StackDoor(function=function, handler=handler, resource=name))
    if shut := functions(template).keys() - {door.function for door in found}:
        raise TemplateError(f"nothing leads to {', '.join(sorted(shut))}")
    return tuple(found)


def functions(template: Mapping[str, Node]) -> dict[str, Mapping[str, Node]]:
    """The properties of every function by its logical id, without `Globals`."""
    return {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == FUNCTION
    }


def http_doors(template: Mapping[str, Node]) -> tuple[HttpDoor, ...]:
    """The routes of the HTTP API."""
    return tuple(door for door in doors(template) if isinstance(door, HttpDoor))


def _of_function(name: str, properties: Mapping[str, Node]) -> Iterator[Door]:
    handler = properties["Handler"]
    for event_name, event in properties.get("Events", {}).items():
        given = event["Properties"]
        match event["Type"]:
            case "HttpApi":
                method, path = given["Method"].upper(), given["Path"]
                yield HttpDoor(function=name, handler=handler, method=method, path=path)
            case "Schedule":
                yield JobDoor(function=name, handler=handler, schedule=given["Schedule"])
            case "ScheduleV2":
                yield JobDoor(function=name, handler=handler, schedule=given["ScheduleExpression"])
            case "SQS":
                queue = _target(given["Queue"])
                yield QueueDoor(function=name, handler=handler, queue=queue)
            case kind:
                raise TemplateError(f"{name}, {event_name}: {kind} is no door that is known here")


def _of_socket_api(
    properties: Mapping[str, Node], resources: Mapping[str, Node]
) -> Iterator[SocketDoor]:
    for key, route in properties["Routes"].items():
        function = _target(route["FunctionArn"])
        handler = resources[function]["Properties"]["Handler"]
        yield SocketDoor(function=function, handler=handler, key=key)


def _target(reference: Node) -> str:
    """The logical id in `!GetAtt Name.Arn`, `!Ref Name.Alias` or `!Ref Name`."""
    match reference:
        case {"Fn::GetAtt": [str(name), _]} | {"Ref": str(name)}:
            return name.partition(".")[0]
        case _:
            raise TemplateError(f"{reference} is no reference to a resource")
