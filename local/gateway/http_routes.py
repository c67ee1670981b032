"""Which route of an HTTP API takes a request."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from local.model import HttpApi, HttpRoute

DEFAULT = "$default"

_LITERAL, _VARIABLE, _GREEDY = range(3)
_PLACEHOLDER = re.compile(r"\{([^{}+]+)(\+?)\}")


@dataclass(frozen=True)
class Match:
    """A route, and what its path variables stand for."""

    route: HttpRoute
    parameters: Mapping[str, str]
    """Decoded; empty when the path has no variables."""

    @property
    def key(self) -> str:
        """`GET /v1/meetings/{id}`, `ANY /{proxy+}` or `$default`."""
        return route_key(self.route)


def route_key(route: HttpRoute) -> str:
    """A route's key as events show it."""
    return DEFAULT if route.path == DEFAULT else f"{route.method} {route.path}"


@dataclass(frozen=True)
class _Pattern:
    route: HttpRoute
    kinds: tuple[int, ...]
    names: tuple[str, ...]
    """Per segment: the literal, or the variable's name."""

    @property
    def rank(self) -> tuple[bool, bool, tuple[int, ...]]:
        """Smaller wins: a method before ANY, no greedy variable before one, literals first."""
        return (self.route.method == "ANY", _GREEDY in self.kinds, self.kinds)

    def parameters(self, segments: Sequence[str]) -> dict[str, str] | None:
        """What the variables stand for in a path; None if the path does not fit."""
        greedy = bool(self.kinds) and self.kinds[-1] == _GREEDY
        if len(segments) < len(self.kinds) or (len(segments) > len(self.kinds) and not greedy):
            return None
        found: dict[str, str] = {}
        for at, (kind, name) in enumerate(zip(self.kinds, self.names, strict=True)):
            if kind == _LITERAL:
                if unquote(segments[at]) != name:
                    return None
            else:
                value = segments[at] if kind == _VARIABLE else "/".join(segments[at:])
                if not value:
                    return None
                found[name] = unquote(value)
        return found


def _pattern(route: HttpRoute) -> _Pattern:
    kinds: list[int] = []
    names: list[str] = []
    for segment in _segments(route.path):
        variable = _PLACEHOLDER.fullmatch(segment)
        kinds.append(_LITERAL if not variable else _GREEDY if variable[2] else _VARIABLE)
        names.append(variable[1] if variable else segment)
    return _Pattern(route, tuple(kinds), tuple(names))


def _segments(path: str) -> list[str]:
    return path.split("/")[1:]


class HttpRoutes:
    """The routes of one HTTP API, in the order in which API Gateway prefers them.

    Method and path exactly; then with path variables; then with a greedy one (`{proxy+}`); then the
    same for `ANY`; `$default` last. Source: developer guide, "Create routes for HTTP APIs".
    """

    def __init__(self, api: HttpApi) -> None:
        patterns = sorted(
            (_pattern(route) for route in api.routes if route.path != DEFAULT),
            key=lambda pattern: pattern.rank,
        )
        self._patterns = tuple(patterns)
        self._exact = {
            (p.route.method, p.route.path): Match(p.route, {})
            for p in reversed(patterns)
            if not any(p.kinds)
        }
        self._default = next((route for route in api.routes if route.path == DEFAULT), None)

    def match(self, method: str, path: str) -> Match | None:
        """The route for a method and a path (percent-encoded, without the stage), if any."""
        if exact := self._exact.get((method, path)):
            return exact
        segments = _segments(path)
        for pattern in self._patterns:
            if pattern.route.method in (method, "ANY"):
                parameters = pattern.parameters(segments)
                if parameters is not None:
                    return Match(pattern.route, parameters)
        return Match(self._default, {}) if self._default else None
