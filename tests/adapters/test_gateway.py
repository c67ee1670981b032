"""Posting to connections, over real sockets: kept alive, retried with measure, settled in time."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from hub_core.adapters.gateway import Delivery, ManagementApi, Patience
from hub_core.adapters.sigv4 import Credentials
from hub_core.kernel.ids import ConnectionId
from tests.adapters.listener import (
    HANG_UP,
    Answer,
    Asked,
    Listener,
    certificate,
    listening,
    response,
)

FRAME = b'{"type":"hello"}'
A, B, C = map(ConnectionId, ("JKJaXmPLvHcESHA=", "Lo9k-m_PLvHcESB=", "MmPLvHcE-KJaESC="))
PATIENT = Patience(connect=5, answer=5, throttled=5, call=10)
"""No test but those of patience hangs on how fast this machine is."""


@dataclass
class Clock:
    """Stands still unless it is set."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now


def _poster(listener: Listener, **settings: Any) -> ManagementApi:
    given: dict[str, Any] = {
        "credentials": lambda: Credentials("id", "secret"),
        "patience": PATIENT,
        "chance": lambda: 0.0,
        "clock": Clock(),
        **settings,
    }
    return ManagementApi(listener.url, "us-east-1", **given)


def _by_id(**answers: list[bytes | None]) -> Answer:
    """Answers for each connection id, one after the other; the last one stays."""

    def answer(asked: Asked) -> bytes | None:
        queue = answers[NAMES[asked.id]]
        return queue.pop(0) if len(queue) > 1 else queue[0]

    return answer


NAMES = {
    "JKJaXmPLvHcESHA%3D": "a",
    "Lo9k-m_PLvHcESB%3D": "b",
    "MmPLvHcE-KJaESC%3D": "c",
}
OK, GONE = response(200), response(410)


async def test_a_post_is_the_request_that_api_gateway_expects() -> None:
    async with listening() as listener:
        poster = _poster(listener)

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
        poster = _poster(listener)

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
    answers = _by_id(a=[OK], b=[GONE], c=[throttled, OK])
    async with listening(answers) as listener:
        poster = _poster(listener)

        outcomes = await poster.broadcast([A, B, C, A], FRAME)
        await poster.aclose()

    assert outcomes == {A: Delivery.DELIVERED, B: Delivery.GONE, C: Delivery.DELIVERED}
    assert Counter(NAMES[id_] for id_ in listener.ids) == {"a": 1, "b": 1, "c": 2}


async def test_one_connection_carries_one_post_after_the_other() -> None:
    async with listening() as listener:
        poster = _poster(listener)

        for _ in range(5):
            await poster.post(A, FRAME)
        await poster.aclose()

    assert len(listener.asked) == 5
    assert listener.connections == 1


async def test_no_more_connections_are_opened_than_allowed() -> None:
    ids = [ConnectionId(f"connection-{n}=") for n in range(50)]
    async with listening() as listener:
        poster = _poster(listener, connections=4)

        outcomes = await poster.broadcast(ids, FRAME)
        await poster.aclose()

    assert set(outcomes.values()) == {Delivery.DELIVERED}
    assert len(listener.asked) == 50
    assert listener.connections <= 4


async def test_a_post_that_meets_a_stale_connection_goes_out_once_more() -> None:
    async with listening() as listener:
        poster = _poster(listener)
        await poster.post(A, FRAME)
        listener.drop_all()  # while the container is frozen; nobody looks until the next post

        delivery = await poster.post(B, FRAME)
        await poster.aclose()

    assert delivery is Delivery.DELIVERED
    assert [NAMES[id_] for id_ in listener.ids] == ["a", "b"]
    assert listener.connections == 2


async def test_a_stale_connection_costs_no_attempt_and_a_fresh_one_that_closes_does() -> None:
    seen: list[int] = []

    def answer(asked: Asked) -> bytes:
        seen.append(asked.connection)
        return OK if len(seen) == 1 else HANG_UP

    async with listening(answer) as listener:
        poster = _poster(listener)
        await poster.post(A, FRAME)

        delivery = await poster.post(A, FRAME)
        await poster.aclose()

    assert delivery is Delivery.FAILED
    # The kept connection turns out stale; then three attempts, each on a connection of its own.
    assert seen == [0, 0, 1, 2, 3]


async def test_an_old_connection_is_not_even_tried() -> None:
    clock = Clock()
    async with listening() as listener:
        poster = _poster(listener, clock=clock)
        await poster.post(A, FRAME)
        clock.now += timedelta(seconds=61)

        await poster.post(A, FRAME)
        await poster.aclose()

    assert [asked.connection for asked in listener.asked] == [0, 1]


async def test_gone_is_final() -> None:
    async with listening(lambda _: GONE) as listener:
        poster = _poster(listener)

        delivery = await poster.post(A, FRAME)
        await poster.aclose()

    assert delivery is Delivery.GONE
    assert len(listener.asked) == 1


async def test_a_reader_that_stays_behind_is_told_from_a_failure() -> None:
    async with listening(lambda _: response(429)) as listener:
        poster = _poster(listener)

        delivery = await poster.post(A, FRAME)
        await poster.aclose()

    assert delivery is Delivery.BEHIND
    assert len(listener.asked) == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_that_stumbles_is_asked_again(status: int) -> None:
    async with listening(_by_id(a=[response(status), OK])) as listener:
        poster = _poster(listener)

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
        poster = _poster(listener)

        delivery = await poster.post(A, b"secret words")
        await poster.aclose()

    assert delivery is Delivery.FAILED
    assert len(listener.asked) == 1
    assert f"{status} Because" in caplog.text
    assert "secret words" not in caplog.text


async def test_a_half_answer_is_none() -> None:
    def answer(asked: Asked) -> bytes:
        return b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf" if asked.connection == 0 else OK

    async with listening(answer) as listener:
        poster = _poster(listener)
        posting = asyncio.create_task(poster.post(A, FRAME))
        await listener.was_asked.wait()
        listener.drop_all()

        delivery = await posting
        await poster.aclose()

    assert delivery is Delivery.DELIVERED
    assert listener.connections == 2


async def test_what_is_no_http_ends_the_connection_and_is_tried_again() -> None:
    async with listening(_by_id(a=[b"220 mail.example ESMTP\r\n", OK])) as listener:
        poster = _poster(listener)

        delivery = await poster.post(A, FRAME)
        await poster.aclose()

    assert delivery is Delivery.DELIVERED
    assert listener.connections == 2


async def test_an_answer_before_the_question_ends_the_connection() -> None:
    async with listening(lambda _: OK + OK) as listener:
        poster = _poster(listener)

        deliveries = [await poster.post(A, FRAME), await poster.post(A, FRAME)]
        await poster.aclose()

    assert deliveries == [Delivery.DELIVERED] * 2
    assert listener.connections == 2


async def test_nobody_waits_for_the_one_who_never_answers() -> None:
    hasty = Patience(connect=5, answer=0.05, throttled=1, call=10)
    async with listening(_by_id(a=[OK], b=[None], c=[OK])) as listener:
        poster = _poster(listener, patience=hasty)

        outcomes = await poster.broadcast([A, B, C], FRAME)
        await poster.aclose()

    assert outcomes == {A: Delivery.DELIVERED, B: Delivery.FAILED, C: Delivery.DELIVERED}


async def test_what_is_not_settled_when_the_time_is_up_is_told_as_failed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hasty = Patience(connect=5, answer=5, throttled=1, call=0.1)
    async with listening(_by_id(a=[OK], b=[None])) as listener:
        poster = _poster(listener, patience=hasty, connections=1)

        outcomes = await poster.broadcast([A, B], FRAME)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        await poster.aclose()

    assert outcomes == {A: Delivery.DELIVERED, B: Delivery.FAILED}
    assert "the time was up" in caplog.text
    assert not {task for task in left if "Listener" not in repr(task)}


async def test_a_host_that_is_not_there_is_a_failure_and_no_exception() -> None:
    async with listening() as listener:
        pass  # its port is free again
    poster = _poster(listener)

    deliveries = await poster.broadcast([A, B], FRAME)
    await poster.aclose()

    assert set(deliveries.values()) == {Delivery.FAILED}


async def test_closing_a_connection_sends_no_body() -> None:
    async with listening(_by_id(a=[response(204)], b=[GONE])) as listener:
        poster = _poster(listener)

        deliveries = [await poster.delete(A), await poster.delete(B)]
        await poster.aclose()

    assert deliveries == [Delivery.DELIVERED, Delivery.GONE]
    assert [(asked.method, asked.body) for asked in listener.asked] == [("DELETE", b"")] * 2
    assert "content-type" not in listener.asked[0].headers


async def test_connections_are_opened_ahead() -> None:
    async with listening() as listener:
        poster = _poster(listener)

        await poster.warm(3)
        opened = listener.connections
        await poster.broadcast([A, B, C], FRAME)
        await poster.aclose()

    assert opened <= 3
    assert listener.connections == 3


async def test_credentials_are_asked_for_anew_because_they_are_renewed() -> None:
    given = iter([Credentials("old", "s"), Credentials("new", "s", "token")])
    async with listening() as listener:
        poster = _poster(listener, credentials=lambda: next(given))

        await poster.post(A, FRAME)
        await poster.post(A, FRAME)
        await poster.aclose()

    first, second = listener.asked
    assert "Credential=old/" in first.headers["authorization"]
    assert "Credential=new/" in second.headers["authorization"]
    assert second.headers["x-amz-security-token"] == "token"


async def test_over_tls_the_peer_must_show_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    served, trusting = certificate(tmp_path)
    async with listening(tls=served) as listener:
        trusted = _poster(listener, tls=lambda: trusting)
        strange = _poster(listener, tls=ssl.create_default_context)

        deliveries = [await trusted.post(A, FRAME), await trusted.post(A, FRAME)]
        refused = await strange.post(A, FRAME)
        await trusted.aclose()
        await strange.aclose()

    assert deliveries == [Delivery.DELIVERED] * 2
    assert refused is Delivery.FAILED
    assert [asked.connection for asked in listener.asked] == [0, 0]


async def test_over_tls_too_a_stale_connection_is_replaced(tmp_path: Path) -> None:
    served, trusting = certificate(tmp_path)
    async with listening(tls=served) as listener:
        poster = _poster(listener, tls=lambda: trusting)
        await poster.post(A, FRAME)
        listener.drop_all()

        delivery = await poster.post(A, FRAME)
        await poster.aclose()

    assert delivery is Delivery.DELIVERED


@pytest.mark.parametrize("work", [ManagementApi.post, ManagementApi.broadcast])
async def test_nothing_runs_on_when_a_call_returns(
    work: Callable[..., Awaitable[object]],
) -> None:
    """The container freezes then: a task or a timer left behind would go off in another event."""
    loop: Any = asyncio.get_running_loop()
    async with listening() as listener:
        poster = _poster(listener)

        await work(poster, A if work is ManagementApi.post else [A, B], FRAME)
        timers = [timer for timer in loop._scheduled if not timer.cancelled()]
        tasks = {task for task in asyncio.all_tasks() if "Listener" not in repr(task)}
        await poster.aclose()

    assert timers == []
    assert tasks == {asyncio.current_task()}
