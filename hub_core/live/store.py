"""Rooms in Redis: loaded once, kept warm, committed if the place in their log is still the same."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import orjson
from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from hub_core.kernel.clock import Clock
from hub_core.kernel.ids import Epoch, MeetingId, ParticipantId, SessionId
from hub_core.kernel.values import epoch_ms
from hub_core.live.answers import (
    Answered,
    Busy,
    Committed,
    Drain,
    Drained,
    Entry,
    Fenced,
    Full,
    Glance,
    Limited,
    Outrun,
    Request,
    Result,
    RoomGone,
    dues,
    position,
)
from hub_core.live.keys import Keys
from hub_core.live.register import Register
from hub_core.rooms.deciding import Outcome, replay
from hub_core.rooms.room import Participant, Position, Room
from hub_core.rooms.rulebook import Unreadable, try_to_read

KEEP_ROOM: Final = timedelta(hours=6)
"""After the last sign of life. The sweep closes rooms long before; this is for when it does not."""
KEEP_LOG: Final = 2_000
"""Entries; a client that is further behind gets a snapshot."""
MOST_BEHIND: Final = 5
"""Times as many, if they cannot go out: nothing is forgotten that is not written down."""
KEEP_REPLY: Final = timedelta(minutes=5)
LONGEST_WORK: Final = timedelta(seconds=4)
"""A request that has had no reply for so long after its commit is done again."""
KEEP_MAILS: Final = 200
"""For one person; the oldest are dropped."""
KEEP_COLLECTED: Final = timedelta(minutes=1)
"""Longer than the client of Redis waits for an answer before it asks again."""
HOLD_PUMP: Final = timedelta(seconds=2)
KEEP_WARM: Final = 256
"""Rooms that one container keeps in memory, the least used forgotten first."""

_SCRIPTS: Final = Path(__file__).parent
_LOBBY: Final = "lobby:"
"""Before the participant id, in the hash of people: somebody who waits."""


@dataclass(frozen=True)
class RoomStore:
    """All that this container knows of rooms; every answer comes from Redis in one round trip."""

    redis: Redis
    register: Register
    clock: Clock
    lease: timedelta
    grace: timedelta
    _warm: "OrderedDict[MeetingId, Room]" = field(default_factory=OrderedDict)
    _scripts: dict[str, AsyncScript] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the scripts; `EVALSHA` sends their hash, and their text once if Redis forgot it."""
        for name in ("open", "commit", "pump", "glance", "close", "collect"):
            text = (_SCRIPTS / f"{name}.lua").read_text()
            self._scripts[name] = self.redis.register_script(text)

    async def open(self, room: Room) -> None:
        """Open a room unless it is open already.

        It is entered into the list of open rooms first: a room that the sweep does not know of
        would never be closed.
        """
        await self.register.enter(room.meeting_id)
        await self._open(room)

    async def reopen(self, room: Room, instead_of: Room) -> bool:
        """Begin a new epoch with the people as they are, if the old one has not gone on."""
        self.forget(room.meeting_id)
        return await self._open(room, instead_of.epoch, instead_of.last)

    async def _open(self, room: Room, epoch: str = "", last: str = "") -> bool:
        seconds = int(KEEP_ROOM.total_seconds())
        arguments = [room.epoch, str(room.at), _header(room), seconds, epoch, last]
        return bool(await self._run("open", Keys(room.meeting_id).all, arguments))

    async def glance(self, meeting_id: MeetingId) -> Glance | None:
        """What the sweep has to know of a room; None if it is not open."""
        keys = Keys(meeting_id)
        answer: list[Any] = await self._run(
            "glance", [keys.head, keys.people, keys.due], [epoch_ms(self.clock())]
        )
        if not answer:
            return None
        epoch, at, fan, people, header, due = answer
        ended = orjson.loads(header)["ended_at"] is not None
        return Glance(
            Epoch(epoch.decode()), position(at), position(fan), people, ended, tuple(dues(due))
        )

    async def close(self, meeting_id: MeetingId, epoch: Epoch, *, over: bool = False) -> bool:
        """Close the room if nobody is in it (or it is over) and nothing is left to go out."""
        closed = await self._run("close", Keys(meeting_id).all, [epoch, int(over)])
        if closed:
            self.forget(meeting_id)
        return bool(closed)

    async def load(self, meeting_id: MeetingId) -> Room | None:
        """The room as it is in Redis; None if it is not open."""
        keys = Keys(meeting_id)
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.hmget(keys.head, "room", "at", "last")
            pipe.hgetall(keys.people)
            (header, at, last), people = await pipe.execute()
        if header is None:
            self.forget(meeting_id)
            return None
        where = position(at)
        room = Room.model_validate_json(header)
        room = room.model_copy(update={"seq": where.seq, "step": where.step, "last": last.decode()})
        present: dict[ParticipantId, Participant] = {}
        for name, text in people.items():
            person = Participant.model_validate_json(text)
            if name.startswith(_LOBBY.encode()):
                room = room.with_waiting(person)
            else:
                present[person.id] = person
        return self._keep(room.with_people(present))

    async def warm(self, meeting_id: MeetingId) -> Room | None:
        """The container's copy if it has one (perhaps behind: a commit tells), else `load`."""
        return self._warm.get(meeting_id) or await self.load(meeting_id)

    def forget(self, meeting_id: MeetingId) -> None:
        """Drop the container's copy."""
        self._warm.pop(meeting_id, None)

    async def commit(  # noqa: PLR0911 (one for each thing that Redis may say)
        self, outcome: Outcome, request: Request, nonce: str
    ) -> Result:
        """Write the outcome if the room is still the one that it was decided on.

        One round trip. Called again with the same nonce after a lost answer (the client of Redis
        does so by itself), it finds its own reply, or its own entries in the log, and tells so
        instead of writing them twice.
        """
        keys = Keys(outcome.before.meeting_id)
        entries = tuple(
            Entry(Position(c.seq, c.step), c.id, c.frame(), c.record()) for c in outcome.changes
        )
        answer: list[Any] = await self._run(
            "commit",
            [
                *(keys.head, keys.people, keys.log, keys.due, keys.pump),
                keys.reply(request.scope, request.request_id or ""),
                keys.rates,
                keys.mail(request.mailbox or SessionId("")),
                *(keys.mail(whose) for whose, _ in request.mails),
            ],
            self._arguments(outcome, request, entries, nonce),
        )
        match answer[0], answer[1:]:
            case b"done", (fan, mine, due, mail):
                self._keep(outcome.after)
                return Committed(
                    outcome.after, entries, position(fan), bool(mine), tuple(dues(due)), bool(mail)
                )
            case b"again", (reply, at):
                return Answered(reply, position(at))
            case b"missed", (flat,):
                return self._catch_up(outcome, flat, nonce)
            case b"fenced", _:
                return Fenced()
            case b"full", _:
                return Full()
            case b"limited", (wait,):
                return Limited(wait)
            case _:
                self.forget(outcome.before.meeting_id)
                return RoomGone()

    async def keep_reply(self, meeting_id: MeetingId, request: Request, nonce: str) -> None:
        """Remember the reply to a request whose work was not done yet when it was committed."""
        if request.request_id is not None:
            key = Keys(meeting_id).reply(request.scope, request.request_id)
            await self.redis.set(key, nonce.encode() + b"\n" + request.reply, ex=KEEP_REPLY)

    async def kept_reply(self, meeting_id: MeetingId, scope: str, request_id: str) -> bytes:
        """The reply to a request that was committed; empty if it has none (yet)."""
        kept: Any = await self.redis.get(Keys(meeting_id).reply(scope, request_id))
        return bytes((kept or b"").partition(b"\n")[2])

    async def since(self, room: Room, seq: int) -> list[bytes] | None:
        """The frames of everything after `seq` up to where the room is, if none is missing."""
        if not 0 <= seq <= room.seq:
            return None
        log = Keys(room.meeting_id).log
        found: Any = await self.redis.xrange(log, f"{seq + 1}-0", str(room.at))
        frames = [fields[b"f"] for _, fields in found if fields[b"f"]]
        return frames if len(frames) == room.seq - seq else None

    async def undrained(self, room: Room) -> list[Entry]:
        """What is in the log and neither out nor in the journal, up to where the room is."""
        keys = Keys(room.meeting_id)
        fan = await self.redis.hget(keys.head, "fan")
        found: Any = await self.redis.xrange(keys.log, f"({_text(fan)}", str(room.at))
        return [
            Entry(position(at), fields[b"i"].decode(), fields[b"f"], fields[b"r"])
            for at, fields in found
        ]

    async def leave_mail(
        self, meeting_id: MeetingId, whose: Iterable[SessionId], *frames: bytes
    ) -> None:
        """Keep frames for people who turned out to be unreachable only when they were sent."""
        for session_id in whose:
            key = Keys(meeting_id).mail(session_id)
            async with self.redis.pipeline(transaction=True) as pipe:
                pipe.rpush(key, *frames)
                pipe.ltrim(key, -KEEP_MAILS, -1)
                pipe.expire(key, KEEP_REPLY)
                await pipe.execute()

    async def collect_mail(
        self, meeting_id: MeetingId, session_id: SessionId, nonce: str
    ) -> list[bytes]:
        """What was kept for somebody while it was lost. It is handed out once, to one `nonce`."""
        keys = Keys(meeting_id)
        boxes = [keys.mail(session_id), keys.collected(session_id, nonce)]
        return list(await self._run("collect", boxes, [int(KEEP_COLLECTED.total_seconds())]))

    async def drain(
        self, room: Room, token: str, done: Position | None, most: int
    ) -> Drain | Busy | Drained:
        """Take the pump, or go on with it after everything up to `done` is out and journaled."""
        keys = Keys(room.meeting_id)
        answer: list[Any] = await self._run(
            "pump",
            [keys.head, keys.log, keys.pump],
            [room.epoch, token, _ms(HOLD_PUMP), "" if done is None else str(done), most],
        )
        match answer[0], answer[1:]:
            case b"entries", (_, flat):
                return Drain(
                    tuple(
                        Entry(position(at), id_.decode(), frame, record)
                        for at, id_, frame, record in zip(*[iter(flat)] * 4, strict=True)
                    )
                )
            case b"busy", (fan,):
                return Busy(position(fan))
            case b"drained", (fan,):
                return Drained(position(fan))
            case _:
                return Drained(None)

    def _arguments(
        self, outcome: Outcome, request: Request, entries: Sequence[Entry], nonce: str
    ) -> list[Any]:
        before, after = outcome.before, outcome.after
        now = self.clock()
        touched = [
            *_touched("", before.people, after.people),
            *_touched(_LOBBY, before.lobby, after.lobby),
        ]
        people = [(name, p.model_dump_json() if p else "") for name, _, p in touched]
        return [
            *(before.epoch, str(before.at), nonce, epoch_ms(now)),
            *(int(KEEP_ROOM.total_seconds()), KEEP_LOG),
            *(request.reply, int(KEEP_REPLY.total_seconds())),
            *(request.renews or "", epoch_ms(now + self.lease)),
            *(nonce, _ms(HOLD_PUMP)),
            *(_header(after) if _header_changed(before, after) else "", KEEP_MAILS),
            before.last,
            "" if request.request_id is None else int(LONGEST_WORK.total_seconds()),
            KEEP_LOG * MOST_BEHIND,
            *_flat([(name, limit.each_ms, limit.at_once) for name, limit in request.limits]),
            *_flat([(due.participant_id, due.score) for due in request.fences]),
            *_flat(people),
            *_flat(list(self._dues(before, after))),
            *_flat([(str(entry.at), entry.id, entry.frame, entry.record) for entry in entries]),
            *_flat([(frame,) for _, frame in request.mails]),
        ]

    def _dues(self, before: Room, after: Room) -> Iterable[tuple[ParticipantId, Any]]:
        """When whose time will be up, of those who are others than before."""
        for id_ in {*_changed(before.people, after.people), *_changed(before.lobby, after.lobby)}:
            person = after.people.get(id_) or after.lobby.get(id_)
            if person is None:
                yield id_, ""
            elif person.lost_at is not None:
                yield id_, epoch_ms(person.lost_at + self.grace)
            else:
                yield id_, epoch_ms(self.clock() + self.lease)

    def _catch_up(
        self, outcome: Outcome, flat: list[bytes], nonce: str
    ) -> Outrun | Committed | RoomGone:
        room, landed = outcome.before, False
        for record, author in zip(flat[::2], flat[1::2], strict=True):
            try:
                room = replay(room, try_to_read(record))
            except Unreadable:  # what it did to the room is written there
                self.forget(room.meeting_id)
                return RoomGone()
            landed = landed or author.decode() == nonce
        self._keep(room)
        if landed:
            return Committed(room, (), fan=outcome.before.at, pump_is_ours=False)
        return Outrun(room)

    def _keep(self, room: Room) -> Room:
        self._warm[room.meeting_id] = room
        self._warm.move_to_end(room.meeting_id)
        while len(self._warm) > KEEP_WARM:
            self._warm.popitem(last=False)
        return room

    async def _run(self, script: str, keys: Sequence[str], arguments: list[Any]) -> Any:
        return await self._scripts[script](keys=keys, args=arguments)


People = Mapping[ParticipantId, Participant]


def _changed(before: People, after: People) -> Iterable[ParticipantId]:
    """Who is another value than before, or not there any more."""
    if before is after:
        return
    yield from (id_ for id_, person in after.items() if before.get(id_) is not person)
    yield from before.keys() - after.keys()


def _touched(
    prefix: str, before: People, after: People
) -> Iterable[tuple[str, ParticipantId, Participant | None]]:
    for id_ in _changed(before, after):
        yield prefix + id_, id_, after.get(id_)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else "0-0"


def _header(room: Room) -> str:
    return room.model_dump_json(exclude={"seq", "step", "last"})


def _header_changed(before: Room, after: Room) -> bool:
    names = ("settings", "barred", "acting_host", "ended_at")
    return any(getattr(before, name) != getattr(after, name) for name in names)


def _flat(items: Sequence[tuple[Any, ...]]) -> list[Any]:
    return [len(items), *(part for item in items for part in item)]


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
