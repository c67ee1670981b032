"""API Gateway: HTTP API, CORS and throttles."""

from typing import Any

import httpx
import pytest

from local.gateway.ids import WELL_FORMED
from local.model import Cors, HttpApi, HttpRoute, Throttle
from tests.local.gateways import served

ORIGIN = "https://app.example"
CORS = Cors(
    origins=(ORIGIN,),
    methods=("GET", "POST"),
    headers=("authorization", "content-type"),
    expose=("x-total",),
    max_age=600,
    credentials=True,
)


def answers(_event: object) -> dict[str, Any]:
    return {
        "statusCode": 200,
        "headers": {"Access-Control-Allow-Origin": "https://own.example", "X-Total": "3"},
    }


async def ask(
    method: str, path: str = "/pets", cors: Cors = CORS, **headers: str
) -> tuple[httpx.Response, int]:
    """The response, and how often the function was called."""
    api = HttpApi("Web", (HttpRoute("ANY", "/pets", "pets"),), cors=cors)
    async with served({"pets": answers}, http=api) as gateway, httpx.AsyncClient() as web:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await web.request(method, gateway.url + path, headers=named)
        return answer, len(gateway.functions.events)


def cors_of(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-")}


@pytest.mark.parametrize("path", ["/pets", "/nowhere"])
async def test_a_preflight_is_answered_without_a_function_or_a_route(path: str) -> None:
    answer, called = await ask("OPTIONS", path, origin=ORIGIN, access_control_request_method="POST")

    assert (answer.status_code, answer.content, called) == (204, b"", 0)
    assert WELL_FORMED.fullmatch(answer.headers["apigw-requestid"])
    assert cors_of(answer) == {
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "authorization,content-type",
        "access-control-max-age": "600",
    }


async def test_options_without_a_question_goes_its_way() -> None:
    answer, called = await ask("OPTIONS", origin=ORIGIN)

    assert (answer.status_code, called) == (200, 1)


async def test_the_functions_own_headers_are_dropped() -> None:
    answer, _ = await ask("GET", origin=ORIGIN)

    assert cors_of(answer) == {
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "x-total",
    }
    assert answer.headers["x-total"] == "3"


async def test_another_origin_gets_no_headers() -> None:
    preflight, _ = await ask(
        "OPTIONS", origin="https://evil.example", access_control_request_method="GET"
    )
    answer, called = await ask("GET", origin="https://evil.example")

    assert cors_of(preflight) == cors_of(answer) == {}
    assert (answer.status_code, called) == (200, 1)


async def test_a_request_without_an_origin_is_left_alone() -> None:
    answer, _ = await ask("GET")

    assert cors_of(answer) == {"access-control-allow-origin": "https://own.example"}


@pytest.mark.parametrize(
    ("allowed", "origin", "told"),
    [
        ("*", "https://any.example", "*"),
        ("https://*", "https://any.example", "https://any.example"),
        ("https://*", "http://any.example", None),
    ],
)
async def test_origins_may_be_wild(allowed: str, origin: str, told: str | None) -> None:
    answer, _ = await ask("GET", cors=Cors(origins=(allowed,)), origin=origin)

    assert answer.headers.get("access-control-allow-origin") == told


async def test_a_route_over_its_throttle_is_429() -> None:
    route = HttpRoute("GET", "/pets", "pets", throttle=Throttle(rate=0.001, burst=2))
    free = HttpRoute("GET", "/free", "pets")
    api = HttpApi("Web", (route, free))
    async with served({"pets": answers}, http=api) as gateway, httpx.AsyncClient() as web:
        told = [await web.get(f"{gateway.url}/pets") for _ in range(3)]
        beside = await web.get(f"{gateway.url}/free")

    assert [each.status_code for each in told] == [200, 200, 429]
    assert told[2].text == '{"message":"Too Many Requests"}'
    assert beside.status_code == 200


async def test_stage_variables_are_in_the_event() -> None:
    api = HttpApi("Web", (HttpRoute("GET", "/pets", "pets"),), stage_variables={"colour": "blue"})
    async with served({"pets": answers}, http=api) as gateway, httpx.AsyncClient() as web:
        await web.get(f"{gateway.url}/pets")
        (event,) = gateway.functions.of("pets")

    assert event["stageVariables"] == {"colour": "blue"}
