"""EventBridge: when schedules fire, and what they send."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.cron import CronError, read_cron
from local.gateway.limits import Limits
from local.gateway.observer import Invocation, Observation
from local.gateway.setup import Setup
from local.model import Schedule, Template
from local.schedules import Schedules, schedule_event
from tests.local.gateways import Functions

NOON = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
"""A Tuesday."""


@pytest.mark.parametrize(
    ("expression", "fires"),
    [
        ("cron(* * * * ? *)", "2026-11-24 12:01"),
        ("cron(0 10 * * ? *)", "2026-11-25 10:00"),
        ("cron(15 12 * * ? *)", "2026-11-24 12:15"),
        ("cron(0/20 * * * ? *)", "2026-11-24 12:20"),
        ("cron(0 18 ? * MON-FRI *)", "2026-11-24 18:00"),
        ("cron(0 8 1 * ? *)", "2026-12-01 08:00"),
        ("cron(0 8 L * ? *)", "2026-11-30 08:00"),
        ("cron(0 8 28W * ? *)", "2026-11-27 08:00"),
        ("cron(0 8 1W 8 ? 2027)", "2027-08-02 08:00"),
        ("cron(0 9 ? * 2#1 *)", "2026-12-07 09:00"),
        ("cron(0 9 ? * 6L *)", "2026-11-27 09:00"),
        ("cron(0 0 ? * SUN,SAT *)", "2026-11-28 00:00"),
        ("cron(5 8-10 1,15 JAN,JUL ? *)", "2027-01-01 08:05"),
        ("cron(0 0 29 2 ? *)", "2028-02-29 00:00"),
    ],
)
def test_a_cron_expression_fires_when_it_says(expression: str, fires: str) -> None:
    at = read_cron(expression).next_after(NOON)

    assert at
    assert at.strftime("%Y-%m-%d %H:%M") == fires


def test_a_year_that_is_over_never_fires() -> None:
    assert read_cron("cron(0 0 1 1 ? 2026)").next_after(NOON) is None


@pytest.mark.parametrize(
    "expression",
    [
        "cron(* * * * *)",
        "cron(* * * * * *)",
        "cron(* * ? * ? *)",
        "cron(60 * * * ? *)",
        "cron(* * * FOO ? *)",
        "cron(* * 32 * ? *)",
        "cron(* * ? * 8 *)",
        "cron(5-1 * * * ? *)",
        "rate(1 minute)",
    ],
)
def test_what_is_no_cron_expression_is_told(expression: str) -> None:
    with pytest.raises(CronError):
        read_cron(expression)


def test_the_event_is_that_of_eventbridge() -> None:
    event = dict(schedule_event(Schedule("Tick", "f", timedelta(minutes=1)), NOON, "eu-west-1"))

    assert event.pop("id")
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-11-24T12:00:30Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:events:eu-west-1:123456789012:rule/Tick"],
        "detail": {},
    }


def test_an_input_of_its_own_is_the_whole_event() -> None:
    schedule = Schedule("Tick", "f", timedelta(minutes=1), input={"a": 1})

    assert schedule_event(schedule, NOON, "eu-west-1") == {"a": 1}


async def test_a_rate_fires_at_the_start_and_again_and_again() -> None:
    functions = Functions({"f": lambda _event: None})
    schedule = Schedule("Tick", "f", timedelta(minutes=1))
    template = Template(Path("t"), {}, (), (), schedules=(schedule,))
    slow = Schedules(template, Setup(functions))
    slow.start()
    await functions.event("f", at=0)
    await slow.stop()

    fast = Schedules(template, Setup(functions, Limits().scaled(1e-4)))
    fast.start()

    assert await functions.event("f", at=3)
    await fast.stop()


async def test_a_function_that_fails_is_tried_three_times() -> None:
    def fails(_event: dict[str, Any]) -> None:
        raise ValueError("no")

    functions = Functions({"f": fails})
    seen: list[Observation] = []
    schedule = Schedule("Tick", "f", timedelta(hours=1))
    template = Template(Path("t"), {}, (), (), schedules=(schedule,))
    schedules = Schedules(template, Setup(functions, Limits().scaled(1e-5), seen.append))

    await schedules._fire(schedule)

    assert len(functions.of("f")) == 3
    assert len({event["id"] for event in functions.of("f")}) == 1
    told = [each for each in seen if isinstance(each, Invocation)]
    assert told[0].route == "schedule Tick"
    assert told[0].error == "ValueError: no"


async def test_what_the_end_cuts_short_is_not_told_as_a_failure() -> None:
    ended = asyncio.Event()

    async def is_killed(_event: dict[str, Any]) -> None:
        await ended.wait()
        raise ChildProcessError("signal: killed")

    functions = Functions({"f": is_killed})
    seen: list[Observation] = []
    schedule = Schedule("Tick", "f", timedelta(hours=1))
    template = Template(Path("t"), {}, (), (), schedules=(schedule,))
    schedules = Schedules(template, Setup(functions, Limits(), seen.append))
    firing = asyncio.create_task(schedules._fire(schedule))
    await functions.event("f")

    await schedules.stop()
    ended.set()
    await firing

    assert seen == []
