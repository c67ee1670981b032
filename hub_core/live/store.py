"""Rooms in Redis: loaded once, kept warm, committed by compare-and-set on `seq`."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from hub_core.kernel.clock import Clock
from hub_core.kernel.ids import Epoch, MeetingId, ParticipantId
from hub_core.kernel.values import epoch_ms
from hub_core.rooms.deciding import Outcome, replay
from hub_core.rooms.room import Participant, Room
from hub_core.rooms.rulebook import read_change

KEEP_ROOM: Final = timedelta(hours=6)
"""After the last sign of life. The sweep closes rooms long before; this is for when it does not."""
KEEP_LOG: Final = 2_000
"""Entries; a client that is further behind gets a snapshot."""
KEEP_REPLY: Final = timedelta(minutes=5)
HOLD_PUMP: Final = timedelta(seconds=2)
KEEP_WARM: Final = 256
"""Rooms that one container keeps in memory, the least used forgotten first."""
OPEN_ROOMS: Final = "rooms:open"
"""Sorted set: meeting id → ms of its opening. What the sweep goes through."""
LIST_AT_ONCE: Final = 500

_SCRIPTS: Final = Path(__file__).parent


@dataclass(frozen=True)
class Entry:
    """One entry of a room's log: the frame that everyone gets, and the record of the change."""

    seq: int
    frame: bytes
    record: bytes


@dataclass(frozen=True)
class Due:
    """Somebody's lease or grace that is over, and the score that said so."""

    participant_id: ParticipantId
    score: str


@dataclass(frozen=True)
class Committed:
    """Written (or, without changes, confirmed)."""

    room: Room
    entries: tuple[Entry, ...]
    fan: int
    pump_is_ours: bool
    due: tuple[Due, ...] = ()


@dataclass(frozen=True)
class Answered:
    """The same request was answered before: with this frame. The room was at `seq` just now."""

    reply: bytes
    seq: int
    fan: int


@dataclass(frozen=True)
class Outrun:
    """Somebody else was first: decide again, on this room."""

    room: Room


@dataclass(frozen=True)
class RoomGone:
    """There is no such room (any more), or it is another epoch."""


@dataclass(frozen=True)
class Fenced:
    """A sign of life came in meanwhile: nobody's time is up."""


@dataclass(frozen=True)
class Listed:
    """An open room, and when it was entered into the list (ms)."""

    meeting_id: MeetingId
    entered: float


@dataclass(frozen=True)
class Glance:
    """A room as the sweep sees it."""

    epoch: Epoch
    seq: int
    fan: int
    people: int
    due: tuple[Due, ...]


Result = Committed | Answered | Outrun | RoomGone | Fenced


@dataclass(frozen=True)
class Drain:
    """The log's entries that are to go out, now that the pump is ours."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Busy:
    """Somebody else drains; everything up to `fan` is out."""

    fan: int


@dataclass(frozen=True)
class Drained:
    """Everything is out, and the pump is free."""


@dataclass(frozen=True)
class Request:
    """What a commit is told beside the outcome: who asks, and what to remember of it."""

    scope: str = ""
    """The session (or, before there is one, the connection) that `request_id` is unique in."""
    request_id: str | None = None
    reply: bytes = b""
    renews: ParticipantId | None = None
    """Whose lease this sign of life renews."""
    fences: tuple[Due, ...] = ()


@dataclass(frozen=True)
class RoomStore:
    """All that this container knows of rooms; every answer comes from Redis in one round trip."""

    redis: Redis
    clock: Clock
    lease: timedelta
    grace: timedelta
    _warm: "OrderedDict[MeetingId, Room]" = field(default_factory=OrderedDict)
    _scripts: dict[str, AsyncScript] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the scripts; `EVALSHA` sends their hash, and their text once if Redis forgot it."""
        for name in ("open", "commit", "pump", "glance", "close", "unlist"):
            text = (_SCRIPTS / f"{name}.lua").read_text()
            self._scripts[name] = self.redis.register_script(text)

    async def open(self, room: Room) -> Room:
        """Open a room unless it is open already; answers with the one that is.

        It is entered into the list of open rooms first: a room that the sweep does not know of
        would never be closed. The entry is new even if there was one: see `unlist`.
        """
        keys = _Keys(room.meeting_id)
        await self.redis.zadd(OPEN_ROOMS, {room.meeting_id: epoch_ms(self.clock())})
        await self._run(
            "open",
            [keys.head, keys.people, keys.log, keys.due, keys.pump],
            [room.epoch, room.model_dump_json(exclude={"seq"}), int(KEEP_ROOM.total_seconds())],
        )
        opened = await self.load(room.meeting_id)
        if opened is None:
            raise RuntimeError(f"room {room.meeting_id} was closed while it was opened")
        return opened

    async def listed(self) -> AsyncIterator[Listed]:
        """Every open room, the youngest first: those that close meanwhile make none be skipped."""
        end = await self.redis.zcard(OPEN_ROOMS)
        while end > 0:
            start = max(0, end - LIST_AT_ONCE)
            found: list[Any] = await self.redis.zrange(OPEN_ROOMS, start, end - 1, withscores=True)
            for id_, score in found:
                yield Listed(MeetingId(id_.decode()), score)
            end = start

    async def glance(self, meeting_id: MeetingId) -> Glance | None:
        """What the sweep has to know of a room; None if it is not open."""
        keys = _Keys(meeting_id)
        answer: list[Any] = await self._run(
            "glance", [keys.head, keys.people, keys.due], [epoch_ms(self.clock())]
        )
        if not answer:
            return None
        epoch, seq, fan, people, due = answer
        return Glance(Epoch(epoch.decode()), seq, fan, people, tuple(_dues(due)))

    async def close(self, meeting_id: MeetingId, epoch: Epoch) -> bool:
        """Close the room if nobody is in it and nothing is left to go out."""
        keys = _Keys(meeting_id)
        closed = await self._run(
            "close", [keys.head, keys.people, keys.log, keys.due, keys.pump], [epoch]
        )
        if closed:
            self.forget(meeting_id)
        return bool(closed)

    async def unlist(self, listed: Listed) -> None:
        """Take a closed room out of the list, unless it was opened again meanwhile."""
        score = f"{listed.entered:.0f}"
        await self._run("unlist", [OPEN_ROOMS], [listed.meeting_id, score])

    async def load(self, meeting_id: MeetingId) -> Room | None:
        """The room as it is in Redis; None if it is not open."""
        keys = _Keys(meeting_id)
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.hmget(keys.head, "room", "seq")
            pipe.hvals(keys.people)
            (header, seq), people = await pipe.execute()
        if header is None:
            self.forget(meeting_id)
            return None
        persons = (Participant.model_validate_json(person) for person in people)
        room = Room.model_validate_json(header).model_copy(update={"seq": int(seq)})
        return self._keep(room.with_people({person.id: person for person in persons}))

    async def warm(self, meeting_id: MeetingId) -> Room | None:
        """The container's copy if it has one (perhaps behind: a commit tells), else `load`."""
        return self._warm.get(meeting_id) or await self.load(meeting_id)

    def forget(self, meeting_id: MeetingId) -> None:
        """Drop the container's copy."""
        self._warm.pop(meeting_id, None)

    async def commit(self, outcome: Outcome, request: Request, nonce: str) -> Result:
        """Write the outcome if the room is still the one that it was decided on.

        One round trip. Called again with the same nonce after a lost answer, it finds its own
        entries in the log and tells so, instead of writing them twice.
        """
        keys = _Keys(outcome.before.meeting_id)
        entries = tuple(Entry(c.seq, c.frame(), c.record()) for c in outcome.changes)
        answer: list[Any] = await self._run(
            "commit",
            [
                *(keys.head, keys.people, keys.log, keys.due, keys.pump),
                keys.reply(request.scope, request.request_id or ""),
            ],
            self._arguments(outcome, request, entries, nonce),
        )
        match answer[0], answer[1:]:
            case b"done", (fan, mine, due):
                self._keep(outcome.after)
                return Committed(outcome.after, entries, fan, bool(mine), tuple(_dues(due)))
            case b"again", (reply, seq, fan):
                return Answered(reply, seq, fan)
            case b"missed", (flat,):
                return self._catch_up(outcome, flat, nonce)
            case b"fenced", _:
                return Fenced()
            case _:
                self.forget(outcome.before.meeting_id)
                return RoomGone()

    async def keep_reply(self, meeting_id: MeetingId, request: Request) -> None:
        """Remember the reply to a request whose work was not done yet when it was committed."""
        if request.request_id is not None:
            key = _Keys(meeting_id).reply(request.scope, request.request_id)
            await self.redis.set(key, request.reply, ex=KEEP_REPLY)

    async def drain(
        self, meeting_id: MeetingId, token: str, done: int | None, most: int
    ) -> Drain | Busy | Drained:
        """Take the pump, or go on with it after everything up to `done` is out and journaled."""
        keys = _Keys(meeting_id)
        answer: list[Any] = await self._run(
            "pump",
            [keys.head, keys.log, keys.pump],
            [token, _ms(HOLD_PUMP), "" if done is None else done, most],
        )
        match answer[0], answer[1:]:
            case b"entries", (_, flat):
                return Drain(
                    tuple(
                        Entry(int(seq), frame, record)
                        for seq, frame, record in zip(*[iter(flat)] * 3, strict=True)
                    )
                )
            case b"busy", (fan,):
                return Busy(fan)
            case _:
                return Drained()

    def _arguments(
        self, outcome: Outcome, request: Request, entries: Sequence[Entry], nonce: str
    ) -> list[Any]:
        now = self.clock()
        header = ""
        if outcome.before.settings != outcome.after.settings:
            header = outcome.after.model_dump_json(exclude={"seq"})
        touched = list(_touched(outcome.before, outcome.after))
        people = [(id_, p.model_dump_json() if p else "") for id_, p in touched]
        dues = [(id_, self._due(p) if p else "") for id_, p in touched]
        return [
            *(outcome.before.epoch, outcome.before.seq, nonce, epoch_ms(now)),
            *(int(KEEP_ROOM.total_seconds()), KEEP_LOG),
            *(request.reply if request.request_id else b"", int(KEEP_REPLY.total_seconds())),
            *(request.renews or "", epoch_ms(now + self.lease)),
            *(nonce, _ms(HOLD_PUMP)),
            header,
            *_flat([(due.participant_id, due.score) for due in request.fences]),
            *_flat(people),
            *_flat(dues),
            *_flat([(entry.frame, entry.record) for entry in entries]),
        ]

    def _due(self, person: Participant) -> int:
        if person.lost_at is not None:
            return epoch_ms(person.lost_at + self.grace)
        return epoch_ms(self.clock() + self.lease)

    def _catch_up(self, outcome: Outcome, flat: list[bytes], nonce: str) -> Outrun | Committed:
        room, landed = outcome.before, False
        for record, author in zip(flat[::2], flat[1::2], strict=True):
            room = replay(room, read_change(record))
            landed = landed or author.decode() == nonce
        self._keep(room)
        if landed:
            return Committed(room, (), fan=outcome.before.seq, pump_is_ours=False)
        return Outrun(room)

    def _keep(self, room: Room) -> Room:
        self._warm[room.meeting_id] = room
        self._warm.move_to_end(room.meeting_id)
        while len(self._warm) > KEEP_WARM:
            self._warm.popitem(last=False)
        return room

    async def _run(self, script: str, keys: list[str], arguments: list[Any]) -> Any:
        return await self._scripts[script](keys=keys, args=arguments)


@dataclass(frozen=True)
class _Keys:
    """The keys of one room. The braces make them share one cluster slot."""

    meeting_id: MeetingId

    def _name(self, part: str) -> str:
        return f"room:{{{self.meeting_id}}}:{part}"

    @property
    def head(self) -> str:
        return self._name("head")

    @property
    def people(self) -> str:
        return self._name("people")

    @property
    def log(self) -> str:
        return self._name("log")

    @property
    def due(self) -> str:
        return self._name("due")

    @property
    def pump(self) -> str:
        return self._name("pump")

    def reply(self, scope: str, request_id: str) -> str:
        return self._name(f"reply:{scope}:{request_id}")


def _touched(before: Room, after: Room) -> Iterable[tuple[ParticipantId, Participant | None]]:
    """Who is another value than before, or not there any more (None)."""
    if before.people is after.people:
        return
    for id_, person in after.people.items():
        if before.people.get(id_) is not person:
            yield id_, person
    for id_ in before.people.keys() - after.people.keys():
        yield id_, None


def _flat(items: Sequence[tuple[Any, Any]]) -> list[Any]:
    return [len(items), *(part for item in items for part in item)]


def _dues(flat: list[bytes]) -> Iterable[Due]:
    for id_, score in zip(flat[::2], flat[1::2], strict=True):
        yield Due(ParticipantId(id_.decode()), score.decode())


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
