"""The room as it is told to whoever comes in, comes back or missed too much: in frames that fit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import orjson

from hub_core.kernel.errors import MeetingNotFound
from hub_core.kernel.ids import ParticipantId
from hub_core.live.asks import RoomJoined, Snapshot
from hub_core.live.frames import LARGEST_FRAME
from hub_core.live.journal import Journal, MeetingFacts
from hub_core.live.resumption import ResumeTokens, Resumption
from hub_core.live.store import RoomStore
from hub_core.rooms.room import Participant, Room
from hub_core.rooms.view import ParticipantView, first_waiting, peers

RESERVE: Final = 1024
"""Bytes of a frame for its envelope, the `requestId` and the seal of the resume token."""
MOST_FOR_CHAT: Final = 12 * 1024
"""Bytes of a snapshot that messages may take up; older ones are had over REST."""
MOST_FOR_LOBBY: Final = 10 * 1024
"""Bytes of `room.joined` that those who wait may take up; `lobby.changed` has room for more."""
ROOM_FOR_EVENTS: Final = LARGEST_FRAME - 2 * RESERVE

IceServers = Callable[[ParticipantId], Sequence[Mapping[str, Any]]]
T = TypeVar("T")


@dataclass(frozen=True)
class Greeting:
    """Says how things stand."""

    rooms: RoomStore
    journal: Journal
    tokens: ResumeTokens
    ice_servers: IceServers

    async def joined(self, room: Room, me: Participant, meeting: MeetingFacts) -> RoomJoined:
        """`room.joined`. What of the roster does not fit goes ahead of it."""
        token = Resumption(room.meeting_id, me.id, me.session_id, me.generation, me.resumes)
        greeting = RoomJoined(
            meeting=meeting,
            self_participant=ParticipantView.of(me),
            peers=(),
            settings=room.settings,
            epoch=room.epoch,
            seq=room.seq,
            session_id=me.session_id,
            resume_token=token.unsealed,
            grace_ms=int(self.rooms.grace.total_seconds() * 1000),
            ice_servers=self.ice_servers(me.id),
            chat=await self._chat(room, me.id),
            lobby=first_waiting(room, MOST_FOR_LOBBY) if me in room.hosts() else None,
        )
        first, ahead = _in_parts(room, peers(room, me.id), len(greeting.frame()))
        told = {"peers": first, "parts": len(ahead) or None, "ahead": ahead}
        return greeting.model_copy(update=told)

    async def welcome(self, room: Room, me: Participant) -> tuple[bytes, ...]:
        """`room.joined` for somebody who has not asked just now: it was let in."""
        door = await self.journal.door(room.meeting_id, me.id)
        if door is None:
            raise MeetingNotFound
        greeting = await self.joined(room, me, door.meeting)
        return *greeting.ahead, self.tokens.seal(greeting.frame())

    async def snapshot(self, room: Room, me: Participant) -> tuple[Snapshot, tuple[bytes, ...]]:
        """Everything about the room; and the frames with what of the roster does not fit."""
        snapshot = Snapshot(
            epoch=room.epoch,
            seq=room.seq,
            participants=(),
            settings=room.settings,
            chat=await self._chat(room, me.id),
        )
        beside = len(orjson.dumps(self.ice_servers(me.id)))  # in the same reply
        size = len(snapshot.model_dump_json(by_alias=True).encode()) + beside
        first, ahead = _in_parts(room, peers(room), size)
        told = {"participants": first, "parts": len(ahead) or None}
        return snapshot.model_copy(update=told), ahead

    async def missed(self, room: Room, epoch: str, seq: int) -> list[Any] | None:
        """The frames after `seq`; None if there is one missing, or more than fit in a frame."""
        if epoch != room.epoch:
            return None
        frames = await self.rooms.since(room, seq)
        if frames is None or sum(map(len, frames)) + len(frames) > ROOM_FOR_EVENTS:
            return None
        return [orjson.loads(frame) for frame in frames]

    async def _chat(self, room: Room, reader: ParticipantId) -> Sequence[Mapping[str, Any]]:
        messages = await self.journal.chat(room, reader)
        newest_first = _fitting(list(reversed(messages)), MOST_FOR_CHAT)[0]
        return newest_first[::-1]


def _in_parts(
    room: Room, people: list[ParticipantView], taken: int
) -> tuple[list[ParticipantView], tuple[bytes, ...]]:
    """As many as fit beside what is `taken`; the others in frames of their own."""
    first, rest = _fitting(people, LARGEST_FRAME - RESERVE - taken)
    parts: list[list[ParticipantView]] = []
    while rest:
        part, rest = _fitting(rest, LARGEST_FRAME - RESERVE)
        parts.append(part)
    return first, tuple(
        _part(room, number, len(parts), part) for number, part in enumerate(parts, start=1)
    )


def _part(room: Room, number: int, of: int, people: list[ParticipantView]) -> bytes:
    payload = {
        "epoch": room.epoch,
        "seq": room.seq,
        "part": number,
        "of": of,
        "participants": [_json(view) for view in people],
    }
    return orjson.dumps({"type": "snapshot.part", "payload": payload})


def _json(one: Any) -> Any:
    return one.model_dump(mode="json", by_alias=True) if isinstance(one, ParticipantView) else one


def _fitting(items: list[T], space: int) -> tuple[list[T], list[T]]:
    """The first ones that fit in so many bytes of JSON, and the others."""
    for count, item in enumerate(items):
        space -= len(orjson.dumps(_json(item))) + 1
        if space < 0:
            return items[:count], items[count:]
    return items, []
