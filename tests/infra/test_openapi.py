"""OpenAPI, read from the code of the routes."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from infra.openapi import document
from infra.template import HttpDoor

HANDLER = "tests.infra.specimen.handler"


def _door(method: str, path: str) -> HttpDoor:
    return HttpDoor(function="Specimen", handler=HANDLER, method=method, path=path)


DOORS = [
    _door("POST", "/v1/things/{id}"),
    _door("GET", "/v1/things"),
    _door("DELETE", "/v1/things"),
    _door("PUT", "/v1/things"),
]


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document(DOORS)


def _types(operation: dict[str, Any]) -> dict[str, list[str]]:
    """The problems of an operation by status."""
    return {
        status: response["content"]["application/problem+json"]["schema"]["properties"]["type"][
            "enum"
        ]
        for status, response in operation["responses"].items()
        if not status.startswith("2")
    }


def test_the_document_is_valid_openapi_3_1(described: dict[str, Any]) -> None:
    assert described["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(described).validate()


def test_a_route_can_answer_what_follows_from_its_shape_and_what_it_names(
    described: dict[str, Any],
) -> None:
    operation = described["paths"]["/v1/things/{id}"]["post"]

    assert _types(operation) == {
        "400": ["validation/invalid"],
        "401": ["auth/unauthorized", "auth/invalid-token", "auth/token-expired"],
        "403": ["meeting/locked"],
        "404": ["meeting/not-found"],
        "410": ["meeting/ended"],
        "413": ["request/too-large"],
        "500": ["server/internal-error"],
        "503": ["server/unavailable"],
    }
    assert list(operation["responses"]) == ["201", *_types(operation)]


def test_a_route_without_body_or_database_cannot_answer_for_them(described: dict[str, Any]) -> None:
    operation = described["paths"]["/v1/things"]["delete"]

    assert _types(operation) == {
        "401": ["auth/unauthorized", "auth/invalid-token", "auth/token-expired"],
        "500": ["server/internal-error"],
    }


def test_signing_in_is_asked_for_where_it_is_needed_and_offered_where_it_helps(
    described: dict[str, Any],
) -> None:
    needed = described["paths"]["/v1/things"]["delete"]
    offered = described["paths"]["/v1/things"]["get"]

    assert needed["security"] == [{"accessToken": []}]
    assert offered["security"] == [{}, {"accessToken": []}]
    scheme = described["components"]["securitySchemes"]["accessToken"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


def test_every_problem_comes_with_an_example_that_fits_its_schema(
    described: dict[str, Any],
) -> None:
    response = described["paths"]["/v1/things/{id}"]["post"]["responses"]["401"]

    examples = response["content"]["application/problem+json"]["examples"]

    assert list(examples) == ["auth/unauthorized", "auth/invalid-token", "auth/token-expired"]
    example = examples["auth/token-expired"]["value"]
    assert example["type"] == "auth/token-expired"
    assert example["status"] == 401
    assert set(example) <= set(described["components"]["schemas"]["Problem"]["properties"])


def test_clients_are_told_when_to_come_back_and_how_to_sign_in(described: dict[str, Any]) -> None:
    responses = described["paths"]["/v1/things/{id}"]["post"]["responses"]

    assert list(responses["503"]["headers"]) == ["Retry-After"]
    assert list(responses["401"]["headers"]) == ["WWW-Authenticate"]


def test_a_limited_route_says_how_much_is_left(described: dict[str, Any]) -> None:
    limited = described["paths"]["/v1/things"]["put"]["responses"]
    free = described["paths"]["/v1/things"]["delete"]["responses"]

    assert list(limited["204"]["headers"]) == ["RateLimit-Policy", "RateLimit"]
    assert list(limited["429"]["headers"]) == ["Retry-After", "RateLimit-Policy", "RateLimit"]
    assert "headers" not in free["204"]


def test_operations_have_names_for_a_client_generator(described: dict[str, Any]) -> None:
    names = [
        operation["operationId"]
        for operations in described["paths"].values()
        for operation in operations.values()
    ]

    assert sorted(names) == ["countThings", "forgetThings", "listThings", "renameThing"]


def test_nothing_of_the_framework_shows(described: dict[str, Any]) -> None:
    assert set(described["components"]["schemas"]) == {"Fault", "Problem", "Renamed", "Renaming"}
    assert "422" not in described["paths"]["/v1/things/{id}"]["post"]["responses"]
