"""API Gateway: HTTP API, on the wire."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from local.gateway.front import PortRefusedError, listen
from local.gateway.limits import Limits
from local.gateway.observer import Invocation
from local.model import HttpApi, HttpRoute
from tests.local.gateways import an_http_api, served


def fails(_event: object) -> None:
    raise ValueError("no")


async def test_no_route_is_404_and_a_wrong_method_too() -> None:
    async with served({"GET /x": dict}) as gateway, httpx.AsyncClient() as web:
        nowhere = await web.get(f"{gateway.url}/y")
        wrong = await web.post(f"{gateway.url}/x")

    for answer in (nowhere, wrong):
        assert (answer.status_code, answer.text) == (404, '{"message":"Not Found"}')
        assert answer.headers["apigw-requestid"].endswith("=")


async def test_a_function_that_fails_is_500_and_the_next_request_is_served() -> None:
    async with (
        served({"GET /bad": fails, "GET /good": lambda _: "fine"}) as gateway,
        httpx.AsyncClient() as web,
    ):
        bad = await web.get(f"{gateway.url}/bad")
        good = await web.get(f"{gateway.url}/good")

        told = [each for each in gateway.seen if isinstance(each, Invocation)]
    assert (bad.status_code, bad.text) == (500, '{"message":"Internal Server Error"}')
    assert (good.status_code, good.text) == (200, "fine")
    assert told[0].error == "ValueError: no"
    assert told[1].error is None


async def test_a_function_without_an_answer_is_503_after_the_integration_limit() -> None:
    limits = replace(Limits(), http_integration=timedelta(milliseconds=50))
    never = asyncio.Event()
    async with (
        served({"GET /x": lambda _: never.wait()}, limits=limits) as gateway,
        httpx.AsyncClient() as web,
    ):
        answer = await web.get(f"{gateway.url}/x")

    assert (answer.status_code, answer.text) == (503, '{"message":"Service Unavailable"}')


async def test_a_route_may_have_less_time_than_the_limit() -> None:
    short = HttpRoute("GET", "/x", "F", integration_timeout=timedelta(milliseconds=50))
    never = asyncio.Event()
    async with (
        served({"F": lambda _: never.wait()}, http=HttpApi("Web", (short,))) as gateway,
        httpx.AsyncClient(timeout=20) as web,
    ):
        answer = await web.get(f"{gateway.url}/x")

    assert (answer.status_code, answer.text) == (503, '{"message":"Service Unavailable"}')


async def test_a_request_over_six_megabytes_is_413_and_reaches_no_function() -> None:
    async with served({"POST /x": dict}) as gateway, httpx.AsyncClient() as web:
        six = await web.post(f"{gateway.url}/x", content=b"a" * 6 * 2**20)
        eleven = await web.post(f"{gateway.url}/x", content=b"a" * 11 * 2**20)
        fits = await web.post(f"{gateway.url}/x", content=b"a" * 5 * 2**20)

        called = len(gateway.functions.events)
    assert (six.status_code, six.text) == (413, '{"message":"Request Entity Too Large"}')
    assert (eleven.status_code, eleven.text) == (413, '{"message":"Request Entity Too Large"}')
    assert (fits.status_code, called) == (200, 1)


async def test_an_account_that_asks_too_often_is_429() -> None:
    limits = replace(Limits(), requests_per_second=1, requests_at_once=3)
    async with served({"GET /x": dict}, limits=limits) as gateway, httpx.AsyncClient() as web:
        told = [await web.get(f"{gateway.url}/x") for _ in range(5)]

    assert [each.status_code for each in told[:3]] == [200, 200, 200]
    assert told[-1].status_code == 429
    assert told[-1].text == '{"message":"Too Many Requests"}'


async def test_a_result_over_six_megabytes_is_500() -> None:
    big = {"statusCode": 200, "body": "a" * 6 * 2**20}
    async with served({"GET /x": lambda _: big}) as gateway, httpx.AsyncClient() as web:
        answer = await web.get(f"{gateway.url}/x")

    assert answer.status_code == 500


@pytest.mark.parametrize("size", [10_300, 200_000])
async def test_line_and_headers_over_10240_bytes_are_refused(size: int) -> None:
    async with served({"GET /x": dict}) as gateway, httpx.AsyncClient() as web:
        answer = await web.get(f"{gateway.url}/x", headers={"x-long": "a" * size})
        fits = await web.get(f"{gateway.url}/x", headers={"x-long": "a" * 9_000})

    assert (answer.status_code, fits.status_code) == (431, 200)


async def test_a_stage_is_part_of_every_path() -> None:
    api = an_http_api("GET /x", stage="dev")
    async with served({"GET /x": dict}, http=api) as gateway, httpx.AsyncClient() as web:
        within = await web.get(f"{gateway.url}/dev/x")
        without = await web.get(f"{gateway.url}/x")
        beside = await web.get(f"{gateway.url}/device/x")

    assert [each.status_code for each in (within, without, beside)] == [200, 404, 404]


def test_a_taken_port_is_one_clear_sentence() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]

        with pytest.raises(PortRefusedError, match=rf"port {port} on 127.0.0.1 is in use"):
            listen("127.0.0.1", port)
