"""API Gateway: HTTP API, what a function's result becomes."""

import json
from typing import Any

import pytest

from local.gateway.exchange import Response
from local.gateway.http_result import http_response

ID = "SpEIxi9MoAMEMXw="


def response_to(result: Any) -> Response:
    return http_response(json.dumps(result).encode(), ID)


def headers_of(response: Response) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in response.headers}


def test_without_a_type_a_body_is_plain_text() -> None:
    response = response_to({"statusCode": 200, "body": "hi"})

    assert response.body == b"hi"
    assert headers_of(response) == {
        "content-type": "text/plain; charset=utf-8",
        "apigw-requestid": ID,
    }


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        (b'{"a": 1}', b'{"a": 1}'),
        (b"[1, 2]", b"[1, 2]"),
        (b"7", b"7"),
        (b"true", b"true"),
        (b"null", b"null"),
        (b'"hi"', b"hi"),
        (b"{no json", b"{no json"),
    ],
)
def test_a_result_without_a_status_is_the_body_of_a_200(payload: bytes, body: bytes) -> None:
    response = http_response(payload, ID)

    assert (response.status, response.body) == (200, body)
    assert headers_of(response)["content-type"] == "application/json"


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": 0},
        {"statusCode": 200.5},
        {"statusCode": True},
        {"statusCode": None},
        {"statusCode": "two hundred"},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a b": "c"}},
        {"statusCode": 200, "headers": {"a": "b\r\nset-cookie: c"}},
        {"statusCode": 200, "cookies": "a=b"},
        {"statusCode": 200, "body": "?", "isBase64Encoded": True},
    ],
)
def test_what_breaks_the_format_is_a_500(result: dict[str, Any]) -> None:
    response = response_to(result)

    assert response.status == 500
    assert response.body == b'{"message":"Internal Server Error"}'


def test_a_status_may_be_a_number_in_a_string() -> None:
    assert response_to({"statusCode": "201"}).status == 201


def test_each_cookie_has_a_header_of_its_own_and_several_values_are_passed_over() -> None:
    response = response_to(
        {
            "statusCode": 200,
            "cookies": ["a=1; Path=/", "b=2"],
            "headers": {"X-One": "1", "X-Number": 2, "X-Truth": True},
            "multiValueHeaders": {"X-Many": ["1", "2"]},
        }
    )

    cookies = [value for name, value in response.headers if name == b"set-cookie"]
    assert cookies == [b"a=1; Path=/", b"b=2"]
    told = headers_of(response)
    assert (told["x-one"], told["x-number"], told["x-truth"]) == ("1", "2", "true")
    assert "x-many" not in told


def test_base64_is_decoded() -> None:
    response = response_to(
        {
            "statusCode": 200,
            "headers": {"Content-Type": "image/png"},
            "body": "iVBORw==",
            "isBase64Encoded": True,
        }
    )

    assert response.body == b"\x89PNG"
    assert headers_of(response)["content-type"] == "image/png"


def test_a_204_has_no_body_and_no_type_of_ours() -> None:
    response = response_to({"statusCode": 204, "body": "lost"})

    assert response.body == b""
    assert "content-type" not in headers_of(response)
