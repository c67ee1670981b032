"""People with clients in one meeting, and the history of what they do and hear."""

import asyncio
import copy
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import psycopg

from local.client import ConnectionLost, Frame, HubClient, Refused
from tests.proof.history import History, Line

PATIENCE: Final = 3.0
"""Seconds after which a request is sent again; whoever was to answer may be dead."""
TRIES: Final = 25
TO_THE_END: Final = 60.0
"""Seconds for everyone to see the same in the end. Nothing is measured by it."""
AGAIN: Final = frozenset({"server/unavailable", "server/internal-error", "request/rate-limited"})
"""Refusals that a patient client meets with another try."""
_OUT: Final = frozenset({"room/not-joined", "room/session-expired"})


class Lost(Exception):
    """Somebody did not get through, however often it tried."""


@dataclass
class Actor:
    """A person who does not give up: asks again, comes back, joins anew."""

    name: str
    client: HubClient
    company: "Company"
    is_gone: bool = False
    """It has gone for good, and its last connection is to be found dead."""
    _asked: int = 0

    @property
    def is_in(self) -> bool:
        """As far as it knows."""
        return self.client.resume_token is not None and not self.is_gone

    @property
    def id(self) -> str:
        """Its participant id; empty before it has its first ticket."""
        return str(self.client.ticket["participantId"]) if self.client.ticket else ""

    async def come_in(self) -> bool:
        """Join, or come back, until it is in; False if it waits in the lobby or is refused."""
        for _ in range(TRIES):
            try:
                if self.is_in:
                    return True
                return await self._join()
            except Refused as refused:
                if refused.type not in AGAIN:
                    return False
                await self.pause(refused)
            except (ConnectionLost, TimeoutError, httpx.HTTPError):
                await asyncio.sleep(0.05)
        raise Lost(f"{self.name} does not get in")

    async def _join(self) -> bool:
        """One attempt, over a new connection; the frame is sent again if nobody answers."""
        client = self.client
        if client.wire and client.wire.close_code is None:
            await client.wire.close()
        await client.take_ticket(self.company.meeting["id"], self.name)
        self.company.note(self.name, "is", {"participantId": self.id})
        await client.connect()
        frame = self._frame("room.join", {"roomToken": client.ticket["roomToken"]})  # type: ignore[index] # just taken
        try:
            reply = await client.ask(frame)
        except TimeoutError:
            reply = await client.ask(frame)
        return reply.type == "room.joined" or await self._let_in()

    async def _let_in(self) -> bool:
        """Wait in the lobby, but not for ever."""
        try:
            await self.client.heard("room.joined", within=PATIENCE)
        except TimeoutError:
            return False
        return True

    async def ask(self, kind: str, **payload: Any) -> Frame | None:
        """Ask until there is an answer, with the same `requestId`; None if the answer is no."""
        if not await self.come_in():
            return None
        frame = self._frame(kind, payload)
        reasons: Counter[str] = Counter()
        give_up = time.monotonic() + TO_THE_END
        while time.monotonic() < give_up:
            try:
                reply = await self.client.ask(frame)
                if kind != "ping" or "headSeq" in reply.payload:
                    return reply
                await self._back()  # to the server this connection sits in no room
            except TimeoutError:
                reasons["no answer"] += 1
            except ConnectionLost:
                reasons["connection lost"] += 1
                await self._back()
            except Refused as refused:
                reasons[refused.type] += 1
                if refused.type in _OUT:
                    await self._back()
                elif refused.type in AGAIN:
                    await self.pause(refused)
                else:
                    return None
            if not self.is_in:
                return None
        raise Lost(f"{self.name} gets no answer to {kind}: {dict(reasons)}")

    async def _back(self) -> None:
        """Over a new connection, unless the client is at it already, or the session is over."""
        if not self.is_in:
            return
        if self.client.moves:
            await asyncio.sleep(0.05)
            return
        try:
            await self.client.resume()
        except Refused as refused:
            if refused.type not in AGAIN:
                self.client.resume_token = None
        except (ConnectionLost, TimeoutError):
            await asyncio.sleep(0.05)

    async def pause(self, refused: Refused) -> None:
        """As long as the refusal asks for."""
        await asyncio.sleep(refused.problem.get("retryAfterMs", 100) / 1000)

    def cut(self) -> None:
        """Lose the connection, as in a tunnel."""
        if self.client.wire and self.client.wire.close_code is None:
            self.company.note(self.name, "cut", {}, self.client.wire.number)
            self.client.cut()

    async def vanish(self) -> None:
        """Lose the connection and never come back."""
        self.is_gone = True
        self.cut()
        await self.client.close()
        self.company.note(self.name, "cut", {})

    async def leave(self) -> None:
        """Say so."""
        if self.is_in and await self.ask("room.leave"):
            self.client.resume_token = None

    def forget_news(self) -> None:
        """What was heard and is of no interest."""
        self.client.unseen.clear()

    def _frame(self, kind: str, payload: Mapping[str, Any]) -> Frame:
        self._asked += 1
        return Frame(kind, dict(payload), f"{self.name}-{self._asked}")


@dataclass
class Company:
    """Everyone who takes part, on one API."""

    url: str
    seed: int
    recovers: bool = True
    """Whether clients come back by themselves."""
    meeting: Mapping[str, Any] = field(default_factory=dict)
    cast: dict[str, Actor] = field(default_factory=dict)
    notes: list[Line] = field(default_factory=list)
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    """The journal at the end."""
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        # Chance that can be repeated is the point; nothing here is secret.
        self.chance = random.Random(self.seed)

    async def open(self, **settings: Any) -> Actor:
        """The host, with a meeting of its own, who is in."""
        host = self.enter("host")
        await self._insist(lambda: host.client.register(*self._account("host")))
        self.meeting = await self._insist(lambda: host.client.create(settings=settings))
        assert await host.come_in()
        return host

    def enter(self, name: str) -> Actor:
        """One more person, outside as yet."""
        client = HubClient(self.url, recovers=self.recovers, patience=PATIENCE)
        actor = self.cast[name] = Actor(name, client, self)
        return actor

    async def signed_in(self, name: str) -> Actor:
        """One more person, with an account."""
        actor = self.enter(name)
        await self._insist(lambda: actor.client.register(*self._account(name)))
        return actor

    def note(self, who: str, deed: str, frame: Mapping[str, Any], connection: int = 1) -> None:
        """Something that is no frame."""
        self.notes.append(Line(who, deed, frame, time.monotonic(), connection))

    @property
    def present(self) -> list[Actor]:
        """Those who are in."""
        return [actor for actor in self.cast.values() if actor.is_in]

    async def converge(self, database_url: str) -> None:
        """Wait until everyone sees the same room, and nobody in it who is gone; then note it.

        Whether they do, the checker says; this only gives up waiting.
        """
        try:
            async with asyncio.timeout(TO_THE_END):
                while not await self._agree():  # noqa: ASYNC110 (what is awaited is elsewhere)
                    await asyncio.sleep(0.2)
        except TimeoutError:
            pass
        self.rows = journal(database_url, self.meeting["id"])
        for actor in self.present:
            log, room = actor.client.log, actor.client.room
            end = {"epoch": log.epoch, "seq": log.seq, "people": copy.deepcopy(room.people)}
            self.note(actor.name, "end", end)

    async def _agree(self) -> bool:
        await together(one.come_in() for one in self.cast.values() if not one.is_gone)
        heads = await asyncio.gather(*(self._head(actor) for actor in self.present))
        views = {(a.client.log.epoch, a.client.log.seq) for a in self.present}
        rosters = [set(actor.client.room.people) for actor in self.present]
        here = {actor.id for actor in self.present}
        return len(views) == 1 and set(heads) == views and all(one == here for one in rosters)

    async def _head(self, actor: Actor) -> tuple[str, int]:
        pong = await actor.ask("ping")
        if pong is None or "headSeq" not in pong.payload:
            return "", 0
        head = (pong.payload["epoch"], pong.payload["headSeq"])
        if head != (actor.client.log.epoch, actor.client.log.seq):
            try:
                await actor.client.sync()
            except (Refused, ConnectionLost, TimeoutError):
                return "", 0
        return head

    async def close(self) -> None:
        """Everyone hangs up."""
        await asyncio.gather(*(actor.client.close() for actor in self.cast.values()))

    def history(self, **about: Any) -> History:
        """Everything up to the end, in the order of time."""
        lines = list(self.notes)
        frames: dict[str, Mapping[str, Any] | None] = {}  # the same text went to many
        for actor in self.cast.values():
            for seen in actor.client.seen:
                deed = "sent" if seen.way == "sent" else "got"
                if seen.text not in frames:
                    frames[seen.text] = _parsed(seen.text)
                frame = frames[seen.text]
                if frame is not None:
                    lines.append(Line(actor.name, deed, frame, seen.at, seen.connection))
        lines.sort(key=lambda line: line.at)
        over = max((line.at for line in lines if line.deed == "end"), default=float("inf"))
        lines = [line for line in lines if line.at <= over]
        return History(lines, self.rows, seed=self.seed, **about)

    def _account(self, name: str) -> tuple[str, str, str]:
        number = self.chance.getrandbits(40)
        return f"{name}-{number:x}@example.com", "correct horse battery", name

    async def _insist(self, work: Callable[[], Awaitable[Any]]) -> Any:
        for _ in range(TRIES):
            try:
                return await work()
            except (Refused, httpx.HTTPError) as error:
                if isinstance(error, Refused) and 400 <= error.status < 500:
                    raise
                await asyncio.sleep(0.1)
        raise Lost("REST does not answer")


def journal(database_url: str, meeting_id: str) -> list[Mapping[str, Any]]:
    """What PostgreSQL keeps of a meeting."""
    columns = ("id", "epoch", "seq", "type", "by", "payload", "visible_to")
    with psycopg.connect(database_url) as db:
        rows = db.execute(
            "SELECT id, epoch, seq, type, by, payload, visible_to FROM journal"
            " WHERE meeting_id = %s ORDER BY id",
            (meeting_id,),
        ).fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


async def together(work: Iterable[Awaitable[Any]]) -> None:
    """All at once; the first who does not get through ends it."""
    async with asyncio.TaskGroup() as group:
        for one in work:
            group.create_task(_coroutine(one))


async def _coroutine(work: Awaitable[Any]) -> Any:
    return await work


def _parsed(text: str) -> Mapping[str, Any] | None:
    """A frame of ours; None for the gateway's own words."""
    frame: Mapping[str, Any] = json.loads(text)
    return {"payload": {}, **frame} if "type" in frame else None
