"""The pump: what a room's log holds goes out to everyone and into the journal, in order.

One container at a time drains a room's log. Whoever appended something stays until it is out: it
drains itself, or waits for the one who does, or takes over when that one has died. Frames and rows
go beside one another, and only when both are done does the cursor move; after a crash some are sent
again, and clients drop them by `seq`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hub_core.adapters.defects import log_defect
from hub_core.kernel.clock import Clock
from hub_core.kernel.errors import InternalError, Unavailable
from hub_core.kernel.ids import ConnectionId, Mint
from hub_core.live.answers import Busy, Committed, Drain, Drained, Entry
from hub_core.live.fan_out import FanOut
from hub_core.live.journal import Journal, TailLost
from hub_core.live.store import RoomStore
from hub_core.rooms.changes import (
    HostChanged,
    ParticipantLeft,
    RoomEnded,
    SettingsChanged,
    Tombstone,
)
from hub_core.rooms.deciding import following, replay
from hub_core.rooms.messages import Change
from hub_core.rooms.room import Position, Room
from hub_core.rooms.rulebook import Unreadable, try_to_read
from hub_core.rooms.rules.roles import RoleChanged

logger = logging.getLogger(__name__)

AT_ONCE: Final = 64
"""Entries of one round: the pump must be held anew within its two seconds."""
OWN_TIME: Final = timedelta(seconds=3)
"""How long one invocation drains for others once its own changes are out."""
PATIENCE: Final = timedelta(seconds=10)
"""How long an appender waits for its change to go out before it tells the client to try again."""
TICKS: Final = ((250, 1.0), (50, 0.25))
"""Above so many people, how many seconds changes wait for others to share their frames."""
URGENT: Final = (HostChanged, RoleChanged, RoomEnded, SettingsChanged)
"""Changes that nobody should have to wait for; nor for somebody's removal."""
FIRST_PAUSE_SEC: Final = 0.005
LONGEST_PAUSE_SEC: Final = 0.08


@dataclass(frozen=True)
class Pump:
    """Drains rooms' logs."""

    rooms: RoomStore
    fan_out: FanOut
    journal: Journal
    clock: Clock
    mint: Mint
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def reach(
        self, room: Room, target: Position, token: str, head_start: Committed | None = None
    ) -> frozenset[ConnectionId]:
        """Return when every change up to `target` is out and in the journal.

        `head_start` is a commit that took the pump and left nothing undrained before it: its
        entries need not be read again. Answers with the connections that turned out to be gone.

        Raises:
            Unavailable: it takes too long; the changes are committed, and somebody will drain them.
                Or Redis has lost them, and nobody has written them down.
            InternalError: the last of them can never be written down; everybody has heard it.
        """
        buried: set[Position] = set()
        gone = await self._reach(room, target, token, head_start, buried)
        if target in buried:
            raise InternalError
        return gone

    async def _reach(
        self,
        room: Room,
        target: Position,
        token: str,
        head_start: Committed | None,
        buried: set[Position],
    ) -> frozenset[ConnectionId]:
        began, out = self.clock(), Position(0, 0)
        gone: frozenset[ConnectionId] = frozenset()
        entries: Sequence[Entry] = head_start.entries if head_start else ()
        pause, is_ripe = FIRST_PAUSE_SEC, False
        while True:
            done = None
            if entries and not is_ripe and (tick := _tick(room, entries)):
                await self.sleep(tick)
                is_ripe = True  # they are read again, with what has piled up meanwhile
            elif entries:
                room = await self._abreast(room, entries)
                gone |= await self._put_out(room, entries, token, buried)
                done, is_ripe = entries[-1].at, False
                out = done
            spent = self.clock() - began
            enough = done is not None and done >= target and spent > OWN_TIME
            match await self.rooms.drain(room, token, done, 0 if enough else AT_ONCE):
                case Drain(entries=entries):
                    pass
                case Drained(fan=fan):
                    if max(out, fan or out) < target and not await self._is_kept(room, target):
                        raise Unavailable
                    return gone
                case Busy(fan=fan) if fan >= target or enough:
                    return gone
                case Busy():
                    if spent > PATIENCE:
                        raise Unavailable
                    entries = ()
                    await self.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE_SEC)

    async def _is_kept(self, room: Room, target: Position) -> bool:
        """Whether the journal has it, though the room is gone: closed, begun anew, or lost."""
        return room.at >= target and await self.journal.has(room.last)

    async def _put_out(
        self, room: Room, entries: Sequence[Entry], token: str, buried: set[Position]
    ) -> frozenset[ConnectionId]:
        changes = [self._read(room, entry) for entry in entries]
        gone, written = await asyncio.gather(
            self.fan_out.broadcast(room, entries, token),
            self.journal.append(room, changes),
            return_exceptions=True,  # neither is left alone when the other fails
        )
        if isinstance(written, TailLost):
            await self._begin_anew(room, written.newest)
        for failed in (written, gone):
            if isinstance(failed, BaseException) and not isinstance(failed, TailLost):
                await self.rooms.drain(room, token, None, 0)  # for the next to try at once
                raise failed
        assert isinstance(gone, frozenset)
        if isinstance(written, frozenset):
            buried |= {entry.at for entry in entries if entry.id in written}
        return gone

    def _read(self, room: Room, entry: Entry) -> Change:
        """The change, or what stands for it: its frame goes out all the same."""
        try:
            return try_to_read(entry.record)
        except Unreadable as error:
            log_defect(error, None, room=room.meeting_id, at=str(entry.at))
            return Tombstone(
                id=entry.id,
                seq=entry.at.seq,
                step=entry.at.step,
                epoch=room.epoch,
                at=self.clock(),
                instead_of="",
            )

    async def _begin_anew(self, room: Room, newest: int) -> None:
        """A new epoch for a room whose log lost its end: what has been said stays said.

        Redis came back from a failover without changes that were acknowledged, and numbers others
        as if those had not been. Under the new epoch they get numbers of their own, and everybody
        notices: the cursor of another epoch is answered with a snapshot.
        """
        logger.warning("room %s lost the end of its log; it begins anew", room.meeting_id)
        while (old := await self.rooms.load(room.meeting_id)) and old.epoch == room.epoch:
            seq = max(newest, old.seq)
            new = old.model_copy(update={"epoch": self.mint(), "seq": seq, "step": 1, "last": ""})
            changes = []
            for entry in await self.rooms.undrained(old):
                change = self._read(old, entry)
                seq, step = following(new, change)
                place = {"seq": seq, "step": step}
                new = new.model_copy(update=place)
                changes.append(change.model_copy(update={"epoch": new.epoch, **place}))
            await self.journal.append(new, changes)
            if await self.rooms.reopen(new, instead_of=old):
                return

    async def _abreast(self, room: Room, entries: Sequence[Entry]) -> Room:
        """The room, at least as new as the entries: they go to the people who are in it."""
        for entry in entries:
            if entry.at > room.at:
                try:
                    change = try_to_read(entry.record)
                except Unreadable:
                    break
                if entry.at != following(room, change):
                    break
                room = replay(room, change)
        if room.at < entries[-1].at:
            room = await self.rooms.load(room.meeting_id) or room
        return room


def _tick(room: Room, entries: Sequence[Entry]) -> float:
    """How long to wait for more: in a big room whose people take several frames in one.

    A frame costs one request for each recipient, whatever is in it.
    """
    if len(entries) >= AT_ONCE:
        return 0.0
    people = list(room.online())
    seconds = next((seconds for above, seconds in TICKS if len(people) > above), 0.0)
    if not seconds or 2 * sum(person.batch for person in people) < len(people):
        return 0.0
    try:
        changes = [try_to_read(entry.record) for entry in entries]
    except Unreadable:
        return 0.0
    if any(isinstance(change, URGENT) or _is_removal(change) for change in changes):
        return 0.0
    return seconds


def _is_removal(change: Change) -> bool:
    return isinstance(change, ParticipantLeft) and change.reason == "removed"
