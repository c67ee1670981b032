"""API Gateway: HTTP API, which route takes a request."""

import pytest

from local.gateway.http_routes import HttpRoutes
from tests.local.gateways import an_http_api

PETS = an_http_api(
    "$default",
    "ANY /{proxy+}",
    "ANY /pets/dog/1",
    "GET /pets/{proxy+}",
    "GET /pets/dog/{id}",
    "GET /pets/{kind}/1",
    "GET /pets/dog/1",
    "POST /pets",
)


@pytest.mark.parametrize(
    ("request_line", "route"),
    [
        ("GET /pets/dog/1", "GET /pets/dog/1"),
        ("GET /pets/dog/2", "GET /pets/dog/{id}"),
        ("GET /pets/cat/1", "GET /pets/{kind}/1"),
        ("GET /pets/cat/2", "GET /pets/{proxy+}"),
        ("GET /pets/dog/1/tail", "GET /pets/{proxy+}"),
        ("DELETE /pets/dog/1", "ANY /pets/dog/1"),
        ("DELETE /pets/cat", "ANY /{proxy+}"),
        ("POST /pets", "POST /pets"),
        ("GET /", "$default"),
    ],
)
def test_the_most_specific_route_wins(request_line: str, route: str) -> None:
    method, path = request_line.split(" ")

    match = HttpRoutes(PETS).match(method, path)

    assert match
    assert match.key == route


def test_a_greedy_variable_comes_after_every_other_even_behind_a_literal() -> None:
    routes = HttpRoutes(an_http_api("GET /pets/{proxy+}", "GET /{kind}/{id}"))

    match = routes.match("GET", "/pets/1")

    assert match
    assert match.key == "GET /{kind}/{id}"


def test_variables_are_decoded_and_never_empty() -> None:
    routes = HttpRoutes(an_http_api("GET /a/{x}/b/{rest+}"))

    match = routes.match("GET", "/a/1%2F2/b/c/d%20e")

    assert match
    assert match.parameters == {"x": "1/2", "rest": "c/d e"}
    assert routes.match("GET", "/a//b/c") is None
    assert routes.match("GET", "/a/1/b/") is None


def test_without_a_default_nothing_may_match() -> None:
    routes = HttpRoutes(an_http_api("GET /a"))

    assert routes.match("POST", "/a") is None
    assert routes.match("GET", "/a/") is None
