"""API Gateway: HTTP API, the event (payload 2.0)."""

import asyncio
from typing import Any

import httpx

from tests.local.gateways import an_http_api, served


async def event_of(
    method: str, target: str, *, route: str = "ANY /{proxy+}", stage: str = "$default", **kw: Any
) -> dict[str, Any]:
    """The event that a request becomes."""
    api = an_http_api(route, stage=stage)
    async with served({route: lambda _event: {}}, http=api) as gateway, httpx.AsyncClient() as web:
        await web.request(method, gateway.url + target, **kw)
        return gateway.functions.of(route)[0]


async def test_the_event_has_the_keys_of_a_real_one_and_no_others() -> None:
    """Golden: a capture of `GET /dev/echo-test`, without a body, a query or cookies."""
    event = await event_of(
        "GET",
        "/dev/echo-test",
        route="GET /echo-test",
        stage="dev",
        headers={"user-agent": "curl/7.64.1", "accept": "*/*", "X-Probe": "a"},
    )

    context = event.pop("requestContext")
    assert event.keys() == {
        *("version", "routeKey", "rawPath", "rawQueryString", "headers", "isBase64Encoded")
    }
    assert event["version"] == "2.0"
    assert event["routeKey"] == context["routeKey"] == "GET /echo-test"
    assert event["rawPath"] == context["http"]["path"] == "/dev/echo-test"
    assert event["rawQueryString"] == ""
    assert event["isBase64Encoded"] is False
    assert context.keys() == {
        *("accountId", "apiId", "domainName", "domainPrefix", "http", "requestId", "routeKey"),
        *("stage", "time", "timeEpoch"),
    }
    assert context["http"].keys() == {"method", "path", "protocol", "sourceIp", "userAgent"}
    assert context["stage"] == "dev"
    assert context["http"]["sourceIp"] == "127.0.0.1"
    assert context["http"]["userAgent"] == "curl/7.64.1"
    assert isinstance(context["timeEpoch"], int)
    headers = event["headers"]
    assert headers["x-probe"] == "a"
    assert headers["content-length"] == "0"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert {"x-amzn-trace-id", "x-forwarded-port", "x-forwarded-proto", "host"} <= headers.keys()


async def test_path_and_query_are_decoded_where_aws_decodes_them() -> None:
    query = (
        "repeat=one&repeat=two&redirect=https%3A%2F%2Fexample.com%2Fa%2Fb"
        "&literalPlus=a+b&encodedPlus=a%2Bb&empty="
    )

    event = await event_of(
        "POST",
        f"/capture/space%20value?{query}",
        route="POST /capture/{what}",
        headers=[
            ("x-probe", "first"),
            ("x-probe", "second"),
            ("cookie", "session=abc; theme=dark"),
        ],
    )

    assert event["rawPath"] == event["requestContext"]["http"]["path"] == "/capture/space value"
    assert event["rawQueryString"] == query
    assert event["queryStringParameters"] == {
        "repeat": "one,two",
        "redirect": "https://example.com/a/b",
        "literalPlus": "a b",
        "encodedPlus": "a+b",
        "empty": "",
    }
    assert event["headers"]["x-probe"] == "first,second"
    assert event["cookies"] == ["session=abc", "theme=dark"]
    assert "cookie" not in event["headers"]
    assert event["pathParameters"] == {"what": "space value"}


async def test_a_question_mark_hidden_in_the_path_cuts_it() -> None:
    event = await event_of("GET", "/files/a%3Fb")

    assert event["rawPath"] == "/files/a"
    assert event["pathParameters"] == {"proxy": "files/a"}


async def test_text_comes_as_it_is_and_anything_else_in_base64() -> None:
    as_json = await event_of("POST", "/x", json={"a": "é"})
    form = await event_of("POST", "/x", data={"a": "b"})
    image = await event_of("POST", "/x", content=b"\x89PNG", headers={"content-type": "image/png"})

    assert (as_json["body"], as_json["isBase64Encoded"]) == ('{"a":"é"}', False)
    assert (form["body"], form["isBase64Encoded"]) == ("YT1i", True)
    assert (image["body"], image["isBase64Encoded"]) == ("iVBORw==", True)


async def test_a_body_without_a_type_is_called_plain_text() -> None:
    event = await event_of("POST", "/x", content=b"hello")

    assert event["headers"]["content-type"] == "text/plain; charset=utf-8"
    assert event["body"] == "hello"


async def test_every_request_has_an_id_that_its_response_carries() -> None:
    function = lambda _event: {"statusCode": 204}  # noqa: E731 - a name for the eye
    async with served({"GET /x": function}) as gateway, httpx.AsyncClient() as web:
        first, second = await asyncio.gather(*(web.get(f"{gateway.url}/x") for _ in range(2)))

        ids = {e["requestContext"]["requestId"] for e in gateway.functions.of("GET /x")}
    assert {first.headers["apigw-requestid"], second.headers["apigw-requestid"]} == ids
    assert all(len(each) == 16 and each.endswith("=") for each in ids)
