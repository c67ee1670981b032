"""Evaluates intrinsic functions and conditions with what is known on this machine.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

Node: TypeAlias = Any
"""Whatever YAML can hold at some place of a template."""

NO_VALUE = object()
"""`AWS::NoValue`: whoever holds it, drops it."""

_BRANCHES = 3
"""Of `Fn::If`: the condition's name, what holds if it is true, and what if not."""
_SUBSTITUTION = re.compile(r"\$\{([^}!]*)\}")
_LITERAL = re.compile(r"\$\{!([^}]*)\}")
_DYNAMIC = re.compile(r"\{\{resolve:[^}]*\}\}")


class IntrinsicError(Exception):
    """A function is used wrongly, or names what the template does not declare."""


@dataclass
class Scope:
    """Everything that a reference may name, and what could not be known."""

    references: Mapping[str, Node]
    """What `Ref` gives, by name: parameters, pseudo parameters, resources known here."""
    attributes: Mapping[str, str]
    """What `GetAtt` gives, by `LogicalId.Attribute`."""
    declared: frozenset[str]
    """Logical ids of all resources: their references exist, even if only on AWS."""
    mappings: Mapping[str, Node] = field(default_factory=dict)
    conditions: Mapping[str, Node] = field(default_factory=dict)
    region: str = ""
    unknown: list[str] = field(default_factory=list)
    """References that exist only on AWS and so became empty, in order of meeting."""
    _evaluating: set[str] = field(default_factory=set)

    def resolve(self, value: Node) -> Node:
        """The value with every function in it evaluated.

        Raises:
            IntrinsicError: A function is used wrongly or names what is not declared.
        """
        if isinstance(value, list):
            resolved = [self.resolve(item) for item in value]
            return [item for item in resolved if item is not NO_VALUE]
        if isinstance(value, dict):
            if function := _function(value):
                return self._call(function, value[function])
            pairs = ((key, self.resolve(item)) for key, item in value.items())
            return {key: item for key, item in pairs if item is not NO_VALUE}
        if isinstance(value, str) and (dynamic := _DYNAMIC.search(value)):
            return self._unknown(dynamic.group())
        return value

    def chosen(self, value: Node) -> Node:
        """The branch that `Fn::If` takes, as it is written; any other value as it is.

        Raises:
            IntrinsicError: `Fn::If` is used wrongly, or names no condition.
        """
        while isinstance(value, dict) and _function(value) == "Fn::If":
            branches = value["Fn::If"]
            if not isinstance(branches, list) or len(branches) != _BRANCHES:
                raise IntrinsicError(f"Fn::If is used wrongly: {json.dumps(branches)}")
            value = branches[1] if self.holds(str(branches[0])) else branches[2]
        return NO_VALUE if value == {"Ref": "AWS::NoValue"} else value

    def holds(self, condition: str) -> bool:
        """Whether one of the template's `Conditions` is true."""
        if condition not in self.conditions:
            raise IntrinsicError(f"there is no condition {condition!r}")
        if condition in self._evaluating:
            raise IntrinsicError(f"the condition {condition!r} depends on itself")
        self._evaluating.add(condition)
        try:
            return self._truth(self.conditions[condition])
        finally:
            self._evaluating.discard(condition)

    def _truth(self, value: Node) -> bool:
        resolved = self.resolve(value)
        if isinstance(resolved, bool):
            return resolved
        if resolved in ("true", "false"):
            return bool(resolved == "true")
        raise IntrinsicError(f"{json.dumps(value)} is no condition")

    def _call(self, function: str, argument: Node) -> Node:
        call = self._CALLS.get(function)
        if call is None:
            raise IntrinsicError(f"{function} is not understood")
        try:
            return call(self, argument)
        except (AttributeError, TypeError, ValueError, IndexError, KeyError) as error:
            raise IntrinsicError(f"{function} is used wrongly: {json.dumps(argument)}") from error

    def _unknown(self, reference: str) -> str:
        self.unknown.append(reference)
        return ""

    def _ref(self, name: str) -> Node:
        if name in self.references:
            return self.references[name]
        if name.split(".", maxsplit=1)[0] in self.declared:
            return self._unknown(name)
        raise IntrinsicError(f"{name!r} is neither a parameter nor a resource of the template")

    def _get_att(self, argument: Node) -> Node:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        name = ".".join(str(self.resolve(part)) for part in parts)
        if name in self.attributes:
            return self.attributes[name]
        if str(parts[0]) in self.declared:
            return self._unknown(name)
        raise IntrinsicError(f"{parts[0]!r} is no resource of the template")

    def _sub(self, argument: Node) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument
        values = {name: self.resolve(value) for name, value in given.items()}

        def replace(match: re.Match[str]) -> str:
            name = match.group(1).strip()
            if name in values:
                return _plain(values[name])
            if name in self.references or "." not in name:
                return _plain(self._ref(name))
            return _plain(self._get_att(name))

        replaced = _SUBSTITUTION.sub(replace, text)
        return str(self.resolve(_LITERAL.sub(r"${\1}", replaced)))

    def _if(self, argument: Node) -> Node:
        condition, then, otherwise = argument
        return self.resolve(then if self.holds(condition) else otherwise)

    def _join(self, argument: Node) -> str:
        separator, items = argument
        return str(separator).join(_plain(item) for item in self.resolve(items))

    def _split(self, argument: Node) -> list[str]:
        separator, text = argument
        return str(self.resolve(text)).split(separator)

    def _select(self, argument: Node) -> Node:
        index, items = argument
        position = int(self.resolve(index))
        if position < 0:
            raise IndexError(position)
        return self.resolve(items)[position]

    def _find_in_map(self, argument: Node) -> Node:
        name, first, second, *more = (self.resolve(item) for item in argument)
        try:
            return self.resolve(self.mappings[name][first][second])
        except KeyError:
            if more and "DefaultValue" in more[0]:
                return more[0]["DefaultValue"]
            raise IntrinsicError(f"the mapping {name} has no {first}.{second}") from None

    def _equals(self, argument: Node) -> bool:
        first, second = argument
        return _plain(self.resolve(first)) == _plain(self.resolve(second))

    def _get_azs(self, argument: Node) -> list[str]:
        region = self.resolve(argument) or self.region
        return [f"{region}{letter}" for letter in "abc"]

    def _base64(self, argument: Node) -> str:
        return base64.b64encode(_plain(self.resolve(argument)).encode()).decode()

    def _all(self, argument: Node) -> bool:
        return all(self._truth(item) for item in argument)

    def _any(self, argument: Node) -> bool:
        return any(self._truth(item) for item in argument)

    def _not(self, argument: Node) -> bool:
        (item,) = argument
        return not self._truth(item)

    def _import_value(self, argument: Node) -> str:
        return self._unknown(f"the export {_plain(self.resolve(argument))}")

    def _to_json(self, argument: Node) -> str:
        return json.dumps(self.resolve(argument), separators=(",", ":"))

    def _length(self, argument: Node) -> int:
        return len(self.resolve(argument))

    _CALLS: ClassVar[Mapping[str, Callable[["Scope", Node], Node]]] = {
        "Condition": holds,
        "Fn::And": _all,
        "Fn::Base64": _base64,
        "Fn::Equals": _equals,
        "Fn::FindInMap": _find_in_map,
        "Fn::GetAZs": _get_azs,
        "Fn::GetAtt": _get_att,
        "Fn::If": _if,
        "Fn::ImportValue": _import_value,
        "Fn::Join": _join,
        "Fn::Length": _length,
        "Fn::Not": _not,
        "Fn::Or": _any,
        "Fn::Select": _select,
        "Fn::Split": _split,
        "Fn::Sub": _sub,
        "Fn::ToJsonString": _to_json,
        "Ref": _ref,
    }


def merge(under: Node, over: Node) -> Node:
    """`Globals` under a resource as SAM does: lists are joined, maps merged, the rest replaced."""
    if isinstance(under, dict) and isinstance(over, dict):
        if _function(under) or _function(over):
            return over
        shared = {key: merge(under[key], over[key]) for key in under if key in over}
        return {**under, **over, **shared}
    if isinstance(under, list) and isinstance(over, list):
        return under + over
    return over


def _function(value: dict[str, Node]) -> str | None:
    """The function's name if the mapping is a call of one."""
    if len(value) != 1:
        return None
    (name,) = value
    called = name == "Ref" or str(name).startswith("Fn::")
    # Alone, with a name: a condition. A policy statement's `Condition` is a map.
    return str(name) if called or (name == "Condition" and isinstance(value[name], str)) else None


def _plain(value: Node) -> str:
    """A value as CloudFormation puts it into text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(_plain(item) for item in value)
    if isinstance(value, dict):
        raise IntrinsicError(f"a map stands where text belongs: {json.dumps(value)}")
    return "" if value is NO_VALUE or value is None else str(value)
