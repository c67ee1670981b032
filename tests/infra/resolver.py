"""CloudFormation's intrinsic functions, worked out for one choice of parameters.

What only AWS knows becomes a word in angle brackets, such as `<Vpc.Arn>`. A reference to something
that is not there, or not there under this choice, is an error: AWS would say so in the middle of a
deployment.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

NOTHING: Final = object()
PSEUDO: Final = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": "hub-staging",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": NOTHING,
}
OF_SAM: Final = re.compile(r"(\w+?)(Alias\w+|Version|ApiGatewayDefaultStage|liveStage)$")
"""Logical ids that SAM makes up from one of ours."""


class Unresolvable(Exception):
    """A reference that leads nowhere."""


@dataclass
class Stack:
    """A template with values for its parameters."""

    template: Mapping[str, Any]
    given: Mapping[str, str]
    resources: dict[str, Any] = field(default_factory=dict)
    """Those whose condition holds, worked out."""
    outputs: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        declared = self.template.get("Parameters", {})
        if unknown := self.given.keys() - declared.keys():
            raise Unresolvable(f"no such parameter: {', '.join(sorted(unknown))}")
        self._values: dict[str, Any] = {}
        for name, parameter in declared.items():
            if name not in self.given and "Default" not in parameter:
                raise Unresolvable(f"the parameter {name} has no value")
            value = str(self.given.get(name, parameter.get("Default")))
            allowed = [str(one) for one in parameter.get("AllowedValues", [value])]
            if not value.startswith("<") and value not in allowed:
                raise Unresolvable(f"{name} cannot be {value}")
            listed = parameter["Type"] == "CommaDelimitedList"
            self._values[name] = value.split(",") if listed else value
        self._there = {
            name
            for name, resource in self.template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        }
        for name in self._there:
            resource = self.template["Resources"][name]
            self.resources[name] = {
                **resource,
                "Properties": self.resolve(resource.get("Properties", {})),
            }
            for other in _listed(resource.get("DependsOn", [])):
                self._must_be_there(other)
        self.outputs = {
            name: self.resolve(output["Value"])
            for name, output in self.template.get("Outputs", {}).items()
        }

    def holds(self, condition: str) -> bool:
        """Whether a named condition does."""
        if condition not in self.template.get("Conditions", {}):
            raise Unresolvable(f"no such condition: {condition}")
        return bool(self.resolve(self.template["Conditions"][condition]))

    def resolve(self, node: Any) -> Any:
        """A piece of the template, worked out."""
        match node:
            case {"Ref": str(name)}:
                return self._reference(name)
            case {"Condition": str(name)} if len(node) == 1:
                return self.holds(name)
            case dict() if len(node) == 1 and next(iter(node)).startswith("Fn::"):
                ((function, argument),) = node.items()
                return self._call(function, argument)
            case dict():
                worked_out = {key: self.resolve(value) for key, value in node.items()}
                return {key: value for key, value in worked_out.items() if value is not NOTHING}
            case list():
                return [one for one in map(self.resolve, node) if one is not NOTHING]
            case _:
                return node

    def _call(self, function: str, argument: Any) -> Any:
        if function == "Fn::If":
            condition, then, otherwise = argument
            return self.resolve(then if self.holds(condition) else otherwise)
        if function == "Fn::Sub":
            return self._substitute(argument)
        value = self.resolve(argument)
        if function == "Fn::GetAtt":
            self._must_be_there(value[0])
            return f"<{value[0]}.{value[1]}>"
        if function not in SIMPLE:
            raise Unresolvable(f"{function} is not known here")
        return SIMPLE[function](value)

    def _substitute(self, argument: Any) -> str:
        text = argument if isinstance(argument, str) else argument[0]

        def value(match: re.Match[str]) -> str:
            name, _, attribute = match[1].partition(".")
            if attribute:
                self._must_be_there(name)
                return f"<{match[1]}>"
            return str(self._reference(name))

        return re.sub(r"\$\{(?!!)([^}]+)\}", value, text)

    def _reference(self, name: str) -> Any:
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self._values:
            return self._values[name]
        owner, _, attribute = name.partition(".")
        self._must_be_there(owner)
        return f"<{owner}.{attribute}>" if attribute else f"<{owner}>"

    def _must_be_there(self, name: str) -> None:
        made_up = OF_SAM.fullmatch(name)
        if name not in self._there and not (made_up and made_up[1] in self._there):
            raise Unresolvable(f"{name} is not there")


def _select(argument: Any) -> Any:
    index, parts = argument
    return parts[int(index)] if isinstance(parts, list) else f"<{index} of {parts}>"


SIMPLE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "Fn::And": all,
    "Fn::Cidr": lambda given: [f"<block {number}>" for number in range(int(given[1]))],
    "Fn::Equals": lambda given: str(given[0]) == str(given[1]),
    "Fn::GetAZs": lambda _: ["eu-central-1a", "eu-central-1b"],
    "Fn::Join": lambda given: given[0].join(given[1]),
    "Fn::Not": lambda given: not given[0],
    "Fn::Or": any,
    "Fn::Select": _select,
    "Fn::Split": lambda given: given[1].split(given[0]),
}
"""Functions of their argument alone."""


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else value
