"""Route selection expressions of WebSocket APIs: which route key a message asks for."""

import re
from collections.abc import Callable

import orjson

RouteSelection = Callable[[str], str | None]
"""The route key that a message selects; None if the expression cannot be evaluated against it."""

_PATH = r"request\.body((?:\.[A-Za-z0-9_-]+)+)"
_VARIABLE = re.compile(rf"\$\{{{_PATH}\}}|\${_PATH}")


class UnsupportedSelectionError(ValueError):
    """A route selection expression that reads something else than the message's body."""

    def __init__(self, expression: str) -> None:
        super().__init__(
            f"the route selection expression {expression!r} is not supported: "
            "it should read $request.body.<key>, with text around it if need be"
        )


def route_selection(expression: str) -> RouteSelection:
    """Compile `$request.body.type`, `$request.body.a.b` or `${request.body.a}/${request.body.b}`.

    Source: developer guide, "Selection expressions in API Gateway".

    Raises:
        UnsupportedSelectionError: The expression has no variable, or one of another kind.
    """
    paths: list[list[str]] = []
    texts: list[str] = []
    end = 0
    for found in _VARIABLE.finditer(expression):
        texts.append(expression[end : found.start()])
        paths.append((found[1] or found[2])[1:].split("."))
        end = found.end()
    texts.append(expression[end:])
    if not paths or any("$" in text for text in texts):
        raise UnsupportedSelectionError(expression)

    def select(message: str) -> str | None:
        try:
            body = orjson.loads(message)
        except orjson.JSONDecodeError:
            return None
        key = texts[0]
        for path, text in zip(paths, texts[1:], strict=True):
            value = body
            for name in path:
                value = value.get(name) if isinstance(value, dict) else None
            if not isinstance(value, str):
                return None
            key += value + text
        return key

    return select
