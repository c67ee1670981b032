"""Lambda: how functions run, as processes and (where it can be the same) as threads."""

import asyncio
import json
import os
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from local.lambdas import process
from local.lambdas.invocation import (
    RequestTooLargeError,
    TooManyRequestsError,
)
from local.lambdas.pool import Lifecycle
from tests.local.fleets import CODE, Start
from tests.local.fleets import start as start
from tests.local.fleets import start_process as start_process


async def test_a_container_keeps_its_state_and_is_cold_once(start: Start) -> None:
    function = await start("behaves.counts")

    outcomes = [await function.outcome() for _ in range(3)]

    assert [json.loads(o.payload)["calls"] for o in outcomes if o.payload] == [1, 2, 3]
    assert [o.cold for o in outcomes] == [True, False, False]


async def test_events_at_once_have_a_container_each_up_to_the_limit(start: Start) -> None:
    function = await start("behaves.sleeps", lifecycle=Lifecycle(containers=2))

    outcomes = await asyncio.gather(*(function.outcome(seconds=0.5) for _ in range(4)))

    assert [o.error for o in outcomes] == [None] * 4
    # The third and fourth wait for one of the two.
    assert sum(o.cold for o in outcomes) == 2


async def test_reserved_concurrency_refuses_what_is_beyond(start: Start) -> None:
    function = await start("behaves.sleeps", reserved_concurrency=1)

    first = asyncio.create_task(function.outcome(seconds=0.2))
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequestsError):
        await function.outcome(seconds=0)

    assert (await first).error is None
    assert (await function.outcome(seconds=0)).error is None


async def test_the_context_is_that_of_lambda(start: Start) -> None:
    function = await start("behaves.context", timeout=timedelta(seconds=5))

    outcome = await function.outcome()

    told = json.loads(outcome.payload or b"")
    left = told.pop("left")
    assert told == {
        "id": outcome.request_id,
        "arn": "arn:aws:lambda:us-east-1:123456789012:function:F",
        "name": "F",
        "version": "$LATEST",
        "memory": "512",
        "group": "/aws/lambda/F",
    }
    assert 0 < left <= 5000


async def test_what_a_handler_raises_is_its_error_and_the_container_lives_on(start: Start) -> None:
    function = await start("behaves.raises")

    first, second = await function.outcome(), await function.outcome()

    assert first.error
    assert first.error.type == "ValueError"
    assert first.error.message == "the handler says no"
    assert first.error.payload["requestId"] == first.request_id
    assert any("raises" in line for line in first.error.payload["stackTrace"])
    assert second.error
    assert not second.cold


async def test_a_result_that_is_no_json_is_a_marshal_error(start: Start) -> None:
    function = await start("behaves.returns_what_is_no_json")

    kind, message = await function.error()

    assert kind == "Runtime.MarshalError"
    assert "is not JSON serializable" in message


async def test_a_result_over_six_megabytes_is_refused(start: Start) -> None:
    function = await start("behaves.returns")

    kind, _ = await function.error(size=6 * 2**20 + 200)

    assert kind == "Function.ResponseSizeTooLarge"
    assert len(await function.result(size=6 * 2**20)) == 6 * 2**20


async def test_an_event_over_six_megabytes_is_refused(start: Start) -> None:
    function = await start("behaves.counts")

    with pytest.raises(RequestTooLargeError):
        await function.outcome(body="a" * 6 * 2**20)


async def test_a_function_that_takes_too_long_is_told_so_and_replaced(start: Start) -> None:
    function = await start("behaves.sleeps", timeout=timedelta(seconds=1))

    late = await function.error(seconds=3)
    next_one = await function.outcome(seconds=0)

    assert late == (
        "Sandbox.Timedout",
        "RequestId: ID Error: Task timed out after 1.00 seconds",
    )
    assert next_one.error is None
    assert next_one.cold


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (0, "RequestId: ID Error: Runtime exited without providing a reason"),
        (7, "RequestId: ID Error: Runtime exited with error: exit status 7"),
    ],
)
async def test_a_function_that_exits_is_told_so_and_replaced(
    start: Start, code: int, message: str
) -> None:
    function = await start("behaves.exits")

    first = await function.error(code=code)
    second = await function.outcome(code=code)

    assert first == ("Runtime.ExitError", message)
    assert second.cold


async def test_a_module_that_is_not_there_is_named(start: Start) -> None:
    function = await start("nowhere.handler")

    kind, message = await function.error()

    assert kind == "Runtime.ImportModuleError"
    assert message == "Unable to import module 'nowhere': No module named 'nowhere'"


async def test_a_handler_that_is_not_there_is_named(start: Start) -> None:
    function = await start("behaves.nothing")

    kind, message = await function.error()

    assert kind == "Runtime.HandlerNotFound"
    assert message == "Handler 'nothing' missing on module 'behaves'"


async def test_a_module_with_a_mistake_is_an_error_of_every_event(start: Start) -> None:
    function = await start("cannot_be_imported.handler")

    first, second = await function.error(), await function.error()

    assert first == second == ("RuntimeError", "a mistake at import")


async def test_a_module_that_exits_is_an_error_of_every_event(start: Start) -> None:
    function = await start("exits_at_import.handler")

    kind, message = await function.error()

    assert kind == "Runtime.ExitError"
    assert message.endswith("exit status 3")


async def test_a_handler_may_use_the_loop_of_its_thread(start: Start) -> None:
    function = await start("behaves.runs_on_its_loop")

    assert await function.result() == 7


async def test_an_event_after_the_end_is_told_so_at_once(start: Start) -> None:
    function = await start("behaves.counts")
    await function.outcome()
    await function.fleet.stop()

    outcome = await function.outcome()

    assert outcome.error
    assert outcome.error.type == "Runtime.ExitError"


async def test_a_caller_that_gives_up_leaves_the_function_running(start: Start) -> None:
    function = await start("behaves.sleeps", lifecycle=Lifecycle(containers=1))
    await function.outcome(seconds=0)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await function.outcome(seconds=1)
    after = await function.outcome(seconds=0)

    assert after.error is None
    assert not after.cold


# processes alone


async def test_a_function_sees_its_own_variables_and_nothing_of_ours(
    start_process: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_DEVELOPER", "secret")
    function = await start_process("behaves.environment", environment={"OWN": "1"})

    found = await function.result()

    assert "OF_THE_DEVELOPER" not in found
    assert found["OWN"] == "1"
    assert found["AWS_LAMBDA_FUNCTION_NAME"] == "F"
    assert found["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "us-east-1"
    assert found["_HANDLER"] == "behaves.environment"
    assert found["LAMBDA_TASK_ROOT"] == str(CODE)
    assert found["TZ"] == ":UTC"


async def test_a_process_that_cannot_be_started_is_an_error_of_every_event(
    start_process: Start, tmp_path: Path
) -> None:
    functions = await start_process("behaves.handler", code=tmp_path / "gone")

    for _ in range(2):
        kind, message = await functions.error()

        assert kind == "Runtime.InvalidEntrypoint"
        assert "cannot be started" in message
        assert "gone" in message


async def test_each_container_is_a_process_of_its_own(start_process: Start) -> None:
    function = await start_process("behaves.counts")

    pid = (await function.result())["pid"]

    assert pid != os.getpid()
    await function.fleet.stop()
    assert not psutil.pid_exists(pid)


async def test_the_next_event_waits_for_a_container_that_has_just_answered(
    start_process: Start,
) -> None:
    function = await start_process("behaves.dawdles")

    outcomes = [await function.outcome(seconds=0.5) for _ in range(2)]

    assert [o.cold for o in outcomes] == [True, False]


async def test_a_crash_is_told_by_its_signal_and_replaced(start_process: Start) -> None:
    function = await start_process("behaves.crashes")

    crash = await function.error()

    assert crash == (
        "Runtime.ExitError",
        "RequestId: ID Error: Runtime exited with error: signal: segmentation fault",
    )
    assert (await function.outcome()).cold


async def test_more_memory_than_its_due_is_the_end(start_process: Start) -> None:
    function = await start_process("behaves.eats", memory_mb=128)

    fits = await function.result(mb=20)
    kind, message = await function.error(mb=300)

    assert fits == 20 * 2**20
    assert kind == "Runtime.OutOfMemory"
    assert message == "RequestId: ID Error: Runtime exited with error: signal: killed"


async def test_memory_is_looked_at_while_an_event_lasts_and_no_longer(
    start_process: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    monkeypatch.setattr(process, "_MEMORY_PERIOD", 0.05)
    monkeypatch.setattr(process, "peak_mb", looks.append)
    function = await start_process("behaves.sleeps")

    await function.result(seconds=0.3)
    during = len(looks)
    await asyncio.sleep(0.3)

    assert during > 2
    assert len(looks) == during


async def test_between_events_a_container_stands_still(start_process: Start) -> None:
    function = await start_process("behaves.leaves_a_task", timeout=timedelta(seconds=9))

    before = await function.result()
    await asyncio.sleep(0.5)
    after = await function.result()

    # A hundred ticks would have passed; the thaw may let through a few.
    assert before > 0
    assert after - before < 20


async def test_what_a_function_started_ends_with_it(start_process: Start) -> None:
    function = await start_process("behaves.has_a_child")

    child = await function.result()

    assert psutil.pid_exists(child)
    await function.fleet.stop()
    psutil.wait_procs([psutil.Process(child)] if psutil.pid_exists(child) else [], timeout=5)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


async def test_an_idle_container_is_ended(start_process: Start) -> None:
    lifecycle = Lifecycle(idle_after=timedelta(milliseconds=50))
    function = await start_process("behaves.counts", lifecycle=lifecycle)
    pid = (await function.result())["pid"]

    psutil.Process(pid)
    async with asyncio.timeout(10):
        while psutil.pid_exists(pid):  # noqa: ASYNC110 - a process tells nobody of its end
            await asyncio.sleep(0.02)

    assert (await function.outcome()).cold


async def test_what_a_function_writes_is_told_line_by_line(start_process: Start) -> None:
    function = await start_process("behaves.prints")

    await function.result()
    await function.fleet.stop()

    assert function.lines == ["one line", "and another"]
