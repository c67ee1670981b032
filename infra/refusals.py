"""Which errors a function may answer with, read from its code and from the code that it calls."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import FunctionType
from typing import Any, TypeAlias, get_type_hints

from hub_core.kernel.errors import CATALOGUE, HubError
from hub_core.rooms.deciding import RULES

Errors: TypeAlias = frozenset[type[HubError]]


@lru_cache
def refusals(function: Callable[..., Any], owner: type | None = None) -> Errors:
    """Those that it raises or makes, and those of functions and methods of ours that it calls.

    A command that it makes stands for the rule of that command. What is chosen at run time, such as
    a function out of a table, is not seen.

    Args:
        function: Where to begin.
        owner: The class that `self` is of.
    """
    return _Reader().read(inspect.unwrap(function), owner)


def in_order(errors: Errors) -> list[type[HubError]]:
    """As the catalogue has them."""
    return [error for error in CATALOGUE.values() if error in errors]


class _Reader:
    def __init__(self) -> None:
        self._seen: set[object] = set()

    def read(self, function: Callable[..., Any], owner: type | None) -> Errors:
        if function in self._seen:
            return frozenset()
        self._seen.add(function)
        found: set[type[HubError]] = set()
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        for node in ast.walk(tree):
            match node:
                case ast.Raise(exc=ast.Name() as name):
                    found |= self._meant(_value(name, function, owner), owner)
                case ast.Call(func=called):
                    found |= self._meant(_value(called, function, owner), owner)
                case _:
                    pass
        return frozenset(found)

    def _meant(self, value: object, owner: type | None) -> Errors:
        match value:
            case type() if issubclass(value, HubError):
                return frozenset({value})
            case type() if value in RULES:
                return self.read(RULES[value].decide, None)
            case (FunctionType() as method, type() as whose) if _ours(method):
                return self.read(inspect.unwrap(method), whose)
            case FunctionType() if _ours(value):
                return self.read(inspect.unwrap(value), owner)
            case _:
                return frozenset()


def _ours(function: FunctionType) -> bool:
    return function.__module__.startswith("hub_core.")


def _value(node: ast.expr, function: Callable[..., Any], owner: type | None) -> object:
    """What an expression means, as far as names and annotations tell; None if they do not."""
    match node:
        case ast.Name(id="self"):
            return owner
        case ast.Name(id=name):
            return inspect.getclosurevars(function).globals.get(name)
        case ast.Attribute(value=of, attr=attribute):
            holder = _value(of, function, owner)
            if not isinstance(holder, type):
                return getattr(holder, attribute, None) if inspect.ismodule(holder) else None
            method = inspect.getattr_static(holder, attribute, None)
            if isinstance(method, FunctionType):
                return method, holder
            return next(_fields(holder, attribute), None)
        case _:
            return None


def _fields(holder: type, attribute: str) -> Iterator[object]:
    """The class of a field, by its annotation."""
    if holder.__module__.startswith("hub_core."):
        hint = get_type_hints(holder).get(attribute)
        if isinstance(hint, type):
            yield hint
