"""The pump: what a room's log holds goes out to everyone and into the journal, in order.

One container at a time drains a room's log. Whoever appended something stays until it is out: it
drains itself, or waits for the one who does, or takes over when that one has died. Frames and rows
go beside one another, and only when both are done does the cursor move; after a crash some are sent
again, and clients drop them by `seq`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hub_core.kernel.clock import Clock
from hub_core.kernel.errors import Unavailable
from hub_core.kernel.ids import ConnectionId
from hub_core.live.journal import Journal
from hub_core.live.outbox import Outbox
from hub_core.live.store import Busy, Committed, Drain, Drained, Entry, RoomStore
from hub_core.rooms.deciding import replay
from hub_core.rooms.room import Room
from hub_core.rooms.rulebook import read_change

AT_ONCE: Final = 64
"""Entries of one round: the pump must be held anew within its two seconds."""
OWN_TIME: Final = timedelta(seconds=3)
"""How long one invocation drains for others once its own changes are out."""
PATIENCE: Final = timedelta(seconds=10)
"""How long an appender waits for its change to go out before it tells the client to try again."""
FIRST_PAUSE_SEC: Final = 0.005
LONGEST_PAUSE_SEC: Final = 0.08


@dataclass(frozen=True)
class Pump:
    """Drains rooms' logs."""

    rooms: RoomStore
    outbox: Outbox
    journal: Journal
    clock: Clock
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def reach(
        self, room: Room, target: int, token: str, head_start: Committed | None = None
    ) -> frozenset[ConnectionId]:
        """Return when every change up to `target` is out and in the journal.

        `head_start` is a commit that took the pump and left nothing undrained before it: its
        entries need not be read again. Answers with the connections that turned out to be gone.

        Raises:
            Unavailable: it takes too long; the changes are committed, and somebody will drain them.
        """
        began = self.clock()
        gone: frozenset[ConnectionId] = frozenset()
        entries: Sequence[Entry] = head_start.entries if head_start else ()
        pause = FIRST_PAUSE_SEC
        while True:
            done = None
            if entries:
                room = await self._abreast(room, entries)
                gone |= await self._put_out(room, entries, token)
                done = entries[-1].seq
            spent = self.clock() - began
            enough = done is not None and done >= target and spent > OWN_TIME
            match await self.rooms.drain(room.meeting_id, token, done, 0 if enough else AT_ONCE):
                case Drain(entries=entries):
                    pass
                case Drained():
                    return gone
                case Busy(fan=fan) if fan >= target or enough:
                    return gone
                case Busy():
                    if spent > PATIENCE:
                        raise Unavailable
                    entries = ()
                    await self.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE_SEC)

    async def _put_out(
        self, room: Room, entries: Sequence[Entry], token: str
    ) -> frozenset[ConnectionId]:
        frames = {
            person.connection_id: [e.frame for e in entries if e.seq > person.join_seq]
            for person in room.online()
        }
        try:
            gone, _ = await asyncio.gather(
                self.outbox.broadcast({id_: some for id_, some in frames.items() if some}),
                self.journal.append(room, entries),
            )
        except BaseException:
            await self.rooms.drain(room.meeting_id, token, None, 0)  # for the next to try at once
            raise
        return gone

    async def _abreast(self, room: Room, entries: Sequence[Entry]) -> Room:
        """The room, at least as new as the entries: they go to the people who are in it."""
        for entry in entries:
            if entry.seq == room.seq + 1:
                room = replay(room, read_change(entry.record))
        if room.seq < entries[-1].seq:
            room = await self.rooms.load(room.meeting_id) or room
        return room
