"""OpenAPI 3.1 of the REST routes, from their code: `python -m infra.openapi docs/openapi.json`.

FastAPI knows the shapes, the routes name the refusals of their own trade, and what every route with
such a shape can answer is added here: no list of routes, and nothing said twice.
"""

import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from http import HTTPStatus
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TypeAlias, get_args

import orjson
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.params import Param
from fastapi.routing import APIRoute

from hub_core.kernel import errors
from hub_core.kernel.errors import CATALOGUE, HubError, Problem
from hub_core.web.caller import Caller, OptionalCaller
from hub_core.web.db import Db
from hub_core.web.limits import Limits
from hub_core.web.once import Once
from hub_core.web.problems import MEDIA_TYPE, problem_schema
from infra.template import HttpDoor, http_doors, load

Schema: TypeAlias = dict[str, Any]

DESCRIPTION: Final = """\
The REST half of Hub API: accounts, meetings, invites and the tickets to a live room.
The room itself is spoken over a WebSocket, described by [AsyncAPI](/asyncapi.json).

Every error is `application/problem+json` (RFC 9457); its `type` is one of those listed with the
route. `instance` is the id under which our logs know the request. 429 and 503 carry `Retry-After`.
"""

TAGS: Final = {
    "accounts": "Signing up, in and out; one's own profile.",
    "meetings": "Meetings, their settings, their people, and tickets to their rooms.",
    "invites": "Asking somebody in by e-mail address, and answering.",
    "health": "Whether the service lives, and whether a meeting could be held.",
}
"""By the package of the handler."""

_Refusals: TypeAlias = tuple[type[HubError], ...]


def _dependency(annotation: Any) -> Any:
    """The function behind `Annotated[…, Depends(function)]`."""
    return get_args(annotation)[1].dependency


NEEDS: Final[Mapping[Any, _Refusals]] = {
    _dependency(Caller): (errors.Unauthorized, errors.InvalidToken, errors.TokenExpired),
    _dependency(OptionalCaller): (
        errors.InvalidToken,
        errors.TokenExpired,
        errors.InvalidRoomToken,
    ),
    _dependency(Db): (errors.Unavailable,),
    _dependency(Limits): (errors.RateLimited, errors.Unavailable),
    _dependency(Once): (errors.KeyReused,),
}
"""What a route can answer because of what it asks for."""

HEADERS: Final[Mapping[int, Schema]] = {
    401: {
        "WWW-Authenticate": {
            "description": "How to sign in (RFC 9110 §11.6.1), or that the Bearer token is none "
            "(RFC 6750 §3.1).",
            "schema": {"type": "string", "enum": ["Bearer", 'Bearer error="invalid_token"']},
        }
    },
    429: {
        "Retry-After": {
            "description": "Seconds until another try makes sense.",
            "schema": {"type": "integer", "minimum": 1},
        }
    },
}


RATE_LIMIT: Final[Schema] = {
    "RateLimit-Policy": {
        "description": "How often this may be asked (draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "How often it may be asked from now on, and when there is more again.",
        "schema": {"type": "string"},
    },
}
"""What the answers of a limited route carry."""


def document(doors: Sequence[HttpDoor]) -> Schema:
    """The document of the routes behind these doors."""
    routes = {(door.method, door.path): (door, route) for door, route in _routes(doors)}
    described = get_openapi(
        title="Hub API",
        version=_version(),
        openapi_version="3.1.0",
        description=DESCRIPTION,
        routes=[route for _, route in routes.values()],
        servers=[{"url": "/"}],
    )
    used = set()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            door, route = routes[method.upper(), path]
            tag = door.module.split(".")[1]
            used.add(tag)
            operation["tags"] = [tag]
            operation["responses"] = dict(_responses(route, operation["responses"]))
            if _dependency(OptionalCaller) in set(_calls(route.dependant)):
                operation["security"] = [{}, *operation["security"]]
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas |= _problem_schemas()
    described["components"]["schemas"] = dict(sorted(schemas.items()))
    described["tags"] = [
        {"name": name, "description": said} for name, said in TAGS.items() if name in used
    ]
    return described


def _routes(doors: Sequence[HttpDoor]) -> Iterator[tuple[HttpDoor, APIRoute]]:
    """Each door's route in the app behind it."""
    for door in doors:
        for route in import_module(door.module).app.routes:
            if (
                isinstance(route, APIRoute)
                and route.path == door.path
                and door.method in (route.methods or ())
            ):
                yield door, route


def _responses(route: APIRoute, described: Schema) -> Iterator[tuple[str, Schema]]:
    """What the route answers when all is well, then its problems by status."""
    limits = RATE_LIMIT if _dependency(Limits) in set(_calls(route.dependant)) else {}
    for status, response in described.items():
        if status.startswith(("2", "3")):
            headers = {**response.get("headers", {}), **limits}
            more = {"headers": headers} if headers else {}
            yield status, {**response, "description": HTTPStatus(int(status)).phrase, **more}
    refusals = sorted({*_of_the_trade(described), *_of_the_shape(route)}, key=_place)
    for status, group in groupby(refusals, key=lambda error: error.status):
        response = deepcopy(problem_schema(list(group)))
        headers = HEADERS.get(429 if status == errors.Unavailable.status else status, {})
        if status == errors.RateLimited.status:
            headers = {**headers, **limits}
        if headers:
            response["headers"] = headers
        yield str(status), response


def _of_the_trade(described: Schema) -> Iterator[type[HubError]]:
    """Those that the route itself names, with `responses=refuses(…)`."""
    for response in described.values():
        problems = response.get("content", {}).get(MEDIA_TYPE)
        if problems:
            for name in problems["schema"]["properties"]["type"]["enum"]:
                yield CATALOGUE[name]


def _of_the_shape(route: APIRoute) -> Iterator[type[HubError]]:
    """Those that follow from what the route takes and asks for."""
    if route.body_field is not None:
        yield errors.TooLarge
    if route.body_field is not None or any(_parameters(route.dependant)):
        yield errors.Invalid
    for call in _calls(route.dependant):
        yield from NEEDS.get(call, ())
    yield errors.InternalError


def _calls(dependant: Dependant) -> Iterator[Any]:
    """Every dependency, also those of dependencies."""
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)


def _parameters(dependant: Dependant) -> Iterator[Any]:
    """Every parameter that a client can get wrong."""
    for field in (*dependant.path_params, *dependant.query_params, *dependant.header_params):
        if isinstance(field.field_info, Param) and field.field_info.include_in_schema:
            yield field
    for dependency in dependant.dependencies:
        yield from _parameters(dependency)


def _place(error: type[HubError]) -> tuple[int, int]:
    """By status, then in the catalogue's order."""
    return error.status, list(CATALOGUE).index(error.type)


def _problem_schemas() -> Schema:
    """`Problem` and what it is made of."""
    problem = Problem.model_json_schema(
        by_alias=True, mode="validation", ref_template="#/components/schemas/{model}"
    )
    return {**problem.pop("$defs"), Problem.__name__: problem}


def _version() -> str:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    version: str = project["project"]["version"]
    return version


def written() -> bytes:
    """The document of the product, as docs/openapi.json holds it."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(document(http_doors(load())), option=options)


def main(path: str) -> None:
    """The command."""
    Path(path).write_bytes(written())


if __name__ == "__main__":
    main(*sys.argv[1:])
