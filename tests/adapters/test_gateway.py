"""Posting to connections, over real sockets: kept alive, retried with measure, settled in time."""

import asyncio
from collections import Counter

import boto3
import pytest

from hub_core.adapters.gateway import Delivery, Patience
from hub_core.adapters.sigv4 import Credentials
from tests.adapters.listener import (
    listening,
    response,
)
from tests.adapters.posters import FRAME, GONE, NAMES, OK, A, B, C, by_id, poster_to


async def test_a_post_is_the_request_that_api_gateway_expects() -> None:
    async with listening() as listener:
        poster = poster_to(listener)

        delivery = await poster.post(A, FRAME)
        await poster.aclose()

    (asked,) = listener.asked
    assert delivery is Delivery.DELIVERED
    assert (asked.method, asked.body) == ("POST", FRAME)
    assert asked.target == "/live/@connections/JKJaXmPLvHcESHA%3D"
    assert asked.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=id/")


async def test_it_goes_where_the_aws_client_sends_it() -> None:
    async with listening() as listener:
        client = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=listener.url,
            region_name="us-east-1",
            aws_access_key_id="id",
            aws_secret_access_key="secret",
        )
        poster = poster_to(listener)

        await asyncio.to_thread(client.post_to_connection, ConnectionId=A, Data=FRAME)
        await poster.post(A, FRAME)
        await asyncio.to_thread(client.delete_connection, ConnectionId=A)
        await poster.delete(A)
        await poster.aclose()

    theirs_post, ours_post, theirs_delete, ours_delete = listener.asked
    assert (ours_post.method, ours_post.target) == (theirs_post.method, theirs_post.target)
    assert (ours_delete.method, ours_delete.target) == (theirs_delete.method, theirs_delete.target)
    assert ours_post.body == theirs_post.body


async def test_everyone_gets_a_broadcast_once_and_each_outcome_is_told() -> None:
    throttled = response(429)
    answers = by_id(a=[OK], b=[GONE], c=[throttled, OK])
    async with listening(answers) as listener:
        poster = poster_to(listener)

        outcomes = await poster.broadcast([A, B, C, A], FRAME)
        await poster.aclose()

    assert outcomes == {A: Delivery.DELIVERED, B: Delivery.GONE, C: Delivery.DELIVERED}
    assert Counter(NAMES[id_] for id_ in listener.ids) == {"a": 1, "b": 1, "c": 2}


async def test_gone_is_final() -> None:
    async with listening(lambda _: GONE) as listener:
        poster = poster_to(listener)

        delivery = await poster.post(A, FRAME)
        await poster.aclose()

    assert delivery is Delivery.GONE
    assert len(listener.asked) == 1


async def test_a_reader_that_stays_behind_is_told_from_a_failure() -> None:
    async with listening(lambda _: response(429)) as listener:
        poster = poster_to(listener)

        delivery = await poster.post(A, FRAME)
        await poster.aclose()

    assert delivery is Delivery.BEHIND
    assert len(listener.asked) == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_that_stumbles_is_asked_again(status: int) -> None:
    async with listening(by_id(a=[response(status), OK])) as listener:
        poster = poster_to(listener)

        delivery = await poster.post(A, FRAME)
        await poster.aclose()

    assert delivery is Delivery.DELIVERED
    assert len(listener.asked) == 2


@pytest.mark.parametrize("status", [400, 403, 413])
async def test_a_refusal_is_not_argued_with_and_the_log_says_why_without_the_frame(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = response(status, "x-amzn-ErrorType: Because\r\n", "no")
    async with listening(lambda _: refusal) as listener:
        poster = poster_to(listener)

        delivery = await poster.post(A, b"secret words")
        await poster.aclose()

    assert delivery is Delivery.FAILED
    assert len(listener.asked) == 1
    assert f"{status} Because" in caplog.text
    assert "secret words" not in caplog.text


async def test_nobody_waits_for_the_one_who_never_answers() -> None:
    hasty = Patience(connect=5, answer=0.05, throttled=1, call=10)
    async with listening(by_id(a=[OK], b=[None], c=[OK])) as listener:
        poster = poster_to(listener, patience=hasty)

        outcomes = await poster.broadcast([A, B, C], FRAME)
        await poster.aclose()

    assert outcomes == {A: Delivery.DELIVERED, B: Delivery.FAILED, C: Delivery.DELIVERED}


async def test_what_is_not_settled_when_the_time_is_up_is_told_as_failed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hasty = Patience(connect=5, answer=5, throttled=1, call=0.1)
    async with listening(by_id(a=[OK], b=[None])) as listener:
        poster = poster_to(listener, patience=hasty, connections=1)

        outcomes = await poster.broadcast([A, B], FRAME)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        await poster.aclose()

    assert outcomes == {A: Delivery.DELIVERED, B: Delivery.FAILED}
    assert "the time was up" in caplog.text
    assert not {task for task in left if "Listener" not in repr(task)}


async def test_a_host_that_is_not_there_is_a_failure_and_no_exception() -> None:
    async with listening() as listener:
        pass  # its port is free again
    poster = poster_to(listener)

    deliveries = await poster.broadcast([A, B], FRAME)
    await poster.aclose()

    assert set(deliveries.values()) == {Delivery.FAILED}


async def test_closing_a_connection_sends_no_body() -> None:
    async with listening(by_id(a=[response(204)], b=[GONE])) as listener:
        poster = poster_to(listener)

        deliveries = [await poster.delete(A), await poster.delete(B)]
        await poster.aclose()

    assert deliveries == [Delivery.DELIVERED, Delivery.GONE]
    assert [(asked.method, asked.body) for asked in listener.asked] == [("DELETE", b"")] * 2
    assert "content-type" not in listener.asked[0].headers


async def test_credentials_are_asked_for_anew_because_they_are_renewed() -> None:
    given = iter([Credentials("old", "s"), Credentials("new", "s", "token")])
    async with listening() as listener:
        poster = poster_to(listener, credentials=lambda: next(given))

        await poster.post(A, FRAME)
        await poster.post(A, FRAME)
        await poster.aclose()

    first, second = listener.asked
    assert "Credential=old/" in first.headers["authorization"]
    assert "Credential=new/" in second.headers["authorization"]
    assert second.headers["x-amz-security-token"] == "token"
