"""Connections that are kept: used again, replaced when stale, and quiet between invocations."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub_core.adapters.gateway import Delivery, ManagementApi
from hub_core.kernel.ids import ConnectionId
from tests.adapters.listener import (
    HANG_UP,
    Asked,
    certificate,
    listening,
)
from tests.adapters.posters import FRAME, NAMES, OK, A, B, C, Clock, by_id, poster_to


async def test_one_connection_carries_one_post_after_the_other() -> None:
    async with listening() as listener:
        poster = poster_to(listener)

        for _ in range(5):
            await poster.post(A, FRAME)
        await poster.aclose()

    assert len(listener.asked) == 5
    assert listener.connections == 1


async def test_no_more_connections_are_opened_than_allowed() -> None:
    ids = [ConnectionId(f"connection-{n}=") for n in range(50)]
    async with listening() as listener:
        poster = poster_to(listener, connections=4)

        outcomes = await poster.broadcast(ids, FRAME)
        await poster.aclose()

    assert set(outcomes.values()) == {Delivery.DELIVERED}
    assert len(listener.asked) == 50
    assert listener.connections <= 4


async def test_a_post_that_meets_a_stale_connection_goes_out_once_more() -> None:
    async with listening() as listener:
        poster = poster_to(listener)
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
        poster = poster_to(listener)
        await poster.post(A, FRAME)

        delivery = await poster.post(A, FRAME)
        await poster.aclose()

    assert delivery is Delivery.FAILED
    # The kept connection turns out stale; then three attempts, each on a connection of its own.
    assert seen == [0, 0, 1, 2, 3]


async def test_an_old_connection_is_not_even_tried() -> None:
    clock = Clock()
    async with listening() as listener:
        poster = poster_to(listener, clock=clock)
        await poster.post(A, FRAME)
        clock.now += timedelta(seconds=61)

        await poster.post(A, FRAME)
        await poster.aclose()

    assert [asked.connection for asked in listener.asked] == [0, 1]


async def test_a_half_answer_is_none() -> None:
    def answer(asked: Asked) -> bytes:
        return b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf" if asked.connection == 0 else OK

    async with listening(answer) as listener:
        poster = poster_to(listener)
        posting = asyncio.create_task(poster.post(A, FRAME))
        await listener.was_asked.wait()
        listener.drop_all()

        delivery = await posting
        await poster.aclose()

    assert delivery is Delivery.DELIVERED
    assert listener.connections == 2


async def test_what_is_no_http_ends_the_connection_and_is_tried_again() -> None:
    async with listening(by_id(a=[b"220 mail.example ESMTP\r\n", OK])) as listener:
        poster = poster_to(listener)

        delivery = await poster.post(A, FRAME)
        await poster.aclose()

    assert delivery is Delivery.DELIVERED
    assert listener.connections == 2


async def test_an_answer_before_the_question_ends_the_connection() -> None:
    async with listening(lambda _: OK + OK) as listener:
        poster = poster_to(listener)

        deliveries = [await poster.post(A, FRAME), await poster.post(A, FRAME)]
        await poster.aclose()

    assert deliveries == [Delivery.DELIVERED] * 2
    assert listener.connections == 2


async def test_connections_are_opened_ahead() -> None:
    async with listening() as listener:
        poster = poster_to(listener)

        await poster.warm(3)
        opened = listener.connections
        await poster.broadcast([A, B, C], FRAME)
        await poster.aclose()

    assert opened <= 3
    assert listener.connections == 3


async def test_over_tls_the_peer_must_show_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    served, trusting = certificate(tmp_path)
    async with listening(tls=served) as listener:
        trusted = poster_to(listener, tls=lambda: trusting)
        strange = poster_to(listener, tls=ssl.create_default_context)

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
        poster = poster_to(listener, tls=lambda: trusting)
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
        poster = poster_to(listener)

        await work(poster, A if work is ManagementApi.post else [A, B], FRAME)
        timers = [timer for timer in loop._scheduled if not timer.cancelled()]
        tasks = {task for task in asyncio.all_tasks() if "Listener" not in repr(task)}
        await poster.aclose()

    assert timers == []
    assert tasks == {asyncio.current_task()}
