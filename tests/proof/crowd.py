"""A big room: people come and go and talk, while a worker is killed every second."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import psutil

from tests.emulator import Emulator, in_threads
from tests.proof.company import Actor, Company, together
from tests.proof.evidence import Evidence
from tests.proof.history import History
from tests.proof.storm import CLIMATE
from tests.proof.views import View

UNDER_WAY: Final = 24
"""Requests at once; more are not begun, and so the rate falls to what the machine can hold."""
AT_ONCE: Final = 8
"""People who come in at once in the beginning."""
GONE_WITHIN: Final = 60.0
MESSAGES: Final = "SocketMessage"
SHARES: Final = "queue FanOutQueue ("
WORKER: Final = "handlers.socket.message.handler"
CROWDED: Final = {**CLIMATE, "RECONNECT_GRACE_SEC": "5", "PRESENCE_LEASE_SEC": "60"}


@dataclass
class Pace:
    """Begins work at a rate, as far as what was begun before allows it."""

    begun: int = 0
    _running: set[asyncio.Task[Any]] = field(default_factory=set)

    async def keep(
        self, each: float, until: float, work: Callable[[], Coroutine[Any, Any, Any]]
    ) -> None:
        """One piece of work every `each` seconds until then."""
        due = time.monotonic()
        while (now := time.monotonic()) < until:
            if len(self._running) < UNDER_WAY:
                task = asyncio.create_task(work())
                self._running.add(task)
                task.add_done_callback(self._running.discard)
                self.begun += 1
            due = max(due + each, now)
            await asyncio.sleep(due - now)
        await together(list(self._running))


async def crowd(
    emulator: Emulator, database_url: str, seed: int, *, people: int, seconds: float
) -> tuple[History, list[str]]:
    """The history, and figures."""
    company = Company(emulator.url, seed)
    said, moved, killed = Pace(), Pace(), Pace()
    try:
        host = await company.open(accessType="open", maxParticipants=people + 100)
        await _fill(company, people - 1)
        began = time.monotonic()
        until = began + seconds

        async def speak() -> None:
            await _say(company)

        async def move() -> None:
            await _come_or_go(company, host, people)

        async def kill() -> None:
            _kill_a_worker(emulator, company)

        await together(
            [
                said.keep(0.1, until, speak),
                moved.keep(0.2, until, move),
                killed.keep(1.0, until, kill),
            ]
        )
        took = time.monotonic() - began
        await company.converge(database_url)
    finally:
        await company.close()
    history = company.history(gone_within=GONE_WITHIN)
    rates = f"{said.begun / took:.1f} and {moved.begun / took:.1f}"
    figures = [
        f"{people} people, {took:.0f} s, {killed.begun} workers killed",
        f"wished 10 messages and 5 comings and goings a second; reached {rates}",
        *_spread(history),
        f"{_handed_on(emulator)} shares of rounds were posted by others, off the queue",
    ]
    return history, figures


def _handed_on(emulator: Emulator) -> int:
    """Invocations of the queue's worker; the emulator writes a line for each."""
    return sum(SHARES in line for line in emulator.output)


async def _fill(company: Company, count: int) -> None:
    names = [f"guest{n}" for n in range(count)]
    for first in range(0, count, AT_ONCE):
        some = [company.enter(name) for name in names[first : first + AT_ONCE]]
        await together(one.come_in() for one in some)


async def _say(company: Company) -> None:
    speaker = company.chance.choice(company.present)
    text = f"{speaker.name} {company.chance.getrandbits(48):x}"
    await speaker.ask("chat.send", text=text, clientMsgId=text)


async def _come_or_go(company: Company, host: Actor, people: int) -> None:
    """Of those who go, half say so."""
    here = [one for one in company.cast.values() if not one.is_gone]
    for one in here:
        one.forget_news()
    present = [one for one in company.present if one is not host]
    if len(here) < people or not present:
        await company.enter(f"guest{len(company.cast)}").come_in()
        return
    goer = company.chance.choice(present)
    if company.chance.random() < 0.5:
        await goer.leave()
    await goer.vanish()


def _kill_a_worker(emulator: Emulator, company: Company) -> None:
    """`kill -9` of one process that handles messages.

    A thread cannot be killed: there the emulator gives up those of the function, and their callers
    are told what they would be told of a process.
    """
    if in_threads():
        emulator.kill(MESSAGES)
        return
    workers = []
    for child in psutil.Process(emulator.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it is being buried
            if WORKER in child.cmdline():
                workers.append(child.pid)
    if workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(company.chance.choice(sorted(workers)), signal.SIGKILL)


def _spread(history: History) -> list[str]:
    """How long after its acknowledgement a message was seen by the last who was there."""
    views: dict[str, View] = {}
    for line in history.lines:
        views.setdefault(line.who, View(line.who)).take(line)
    log = Evidence(history, views).log
    places = {f["payload"]["id"]: p for p, f in log.items() if f["type"] == "chat.message"}
    last: dict[tuple[str, int], float] = {}
    for view in views.values():
        for line, place in view.live:
            last[place] = max(line.at, last.get(place, 0.0))
    waits = sorted(
        max(0.0, last[places[answer.frame["payload"]["id"]]] - answer.at)
        for view in views.values()
        for _, answer in view.requests("chat.send")
        if answer.frame["type"] == "ack" and places[answer.frame["payload"]["id"]] in last
    )
    if not waits:
        return ["nothing was acknowledged"]
    told: Mapping[str, float] = {
        "median": waits[len(waits) // 2],
        "p99": waits[int(len(waits) * 0.99)],
        "at most": waits[-1],
    }
    listed = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in told.items())
    return [f"{len(waits)} acknowledged; from the ack to the last who saw it: {listed}"]
