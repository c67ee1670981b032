"""One loop per container, for ever: clients outlive invocations, and nothing grows."""

import asyncio
import gc
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from hub_core.adapters import runtime
from hub_core.adapters.postgres import postgres
from hub_core.adapters.redis import redis
from hub_core.adapters.tables import engine
from tests.container import Container
from tests.gateway_events import http_event


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    """A container's thread; closed as a container is."""
    with ThreadPoolExecutor(1) as started:
        yield started
        started.submit(runtime.close).result()


@runtime.kept
def _client() -> object:
    return object()


async def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def test_every_invocation_runs_on_the_same_loop(thread: ThreadPoolExecutor) -> None:
    loops = [thread.submit(lambda: runtime.run(_loop())).result() for _ in range(3)]

    assert len({id(loop) for loop in loops}) == 1
    assert thread.submit(runtime.loop).result() is loops[0]


def test_what_is_kept_is_made_once_in_a_container_and_anew_in_another(
    thread: ThreadPoolExecutor,
) -> None:
    with ThreadPoolExecutor(1) as other:
        ours = [thread.submit(_client).result() for _ in range(2)]
        theirs = other.submit(_client).result()
        other.submit(runtime.close).result()

    assert ours[0] is ours[1]
    assert theirs is not ours[0]


def test_closing_closes_the_newest_client_first_and_the_next_start_is_clean() -> None:
    order: list[str] = []

    async def closer(name: str) -> None:
        order.append(name)

    def story() -> tuple[object, object]:
        first = runtime.run(_loop())
        kept = _client()
        runtime.at_close(lambda: closer("pool"))
        runtime.at_close(lambda: closer("client on the pool"))
        runtime.close()
        assert first.is_closed()
        again = _client()
        runtime.run(_loop())
        runtime.close()
        return kept, again

    with ThreadPoolExecutor(1) as thread:
        kept, again = thread.submit(story).result()

    assert order == ["client on the pool", "pool"]
    assert kept is not again


def test_a_failed_invocation_leaves_the_loop_usable(thread: ThreadPoolExecutor) -> None:
    async def fail() -> None:
        raise RuntimeError("defect")

    with pytest.raises(RuntimeError, match="defect"):
        thread.submit(lambda: runtime.run(fail())).result()

    assert thread.submit(lambda: runtime.run(_loop())).result().is_closed() is False


def test_two_hundred_invocations_use_one_set_of_clients_and_leave_nothing_behind(
    container: Container,
) -> None:
    """Through Mangum, FastAPI, PostgreSQL and Redis, as `/health/ready` goes."""
    process = psutil.Process()

    def invoke() -> int:
        return container.http("handlers.health.ready", http_event("GET", "/health/ready")).status

    def left_behind() -> tuple[int, int, int]:
        gc.collect()
        tasks = container.do(lambda: len(asyncio.all_tasks(runtime.loop())))
        return process.num_fds(), threading.active_count(), tasks

    assert invoke() == 200
    clients = container.do(lambda: (id(postgres()), id(redis()), id(runtime.loop())))
    before = left_behind()

    statuses = {invoke() for _ in range(200)}

    assert statuses == {200}
    assert left_behind() == before
    assert container.do(lambda: (id(postgres()), id(redis()), id(runtime.loop()))) == clients


def test_a_container_has_one_connection_to_each_store(container: Container) -> None:
    pool = container.do(engine).pool

    assert pool.size() == 1  # type: ignore[attr-defined]
    assert pool._max_overflow == 0  # type: ignore[attr-defined]
