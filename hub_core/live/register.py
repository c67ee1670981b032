"""Which rooms are open: what the sweep goes through, so that it never has to look for keys."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from hub_core.kernel.clock import Clock
from hub_core.kernel.ids import MeetingId
from hub_core.kernel.values import epoch_ms
from hub_core.live.answers import Listed

OPEN_ROOMS: Final = "rooms:open"
"""Sorted set: meeting id → ms of its opening. What the sweep goes through."""
LIST_AT_ONCE: Final = 500
BROOM: Final = "rooms:broom"
"""Who sweeps at present. Two at once do no harm, and no good."""
HOLD_BROOM: Final = timedelta(seconds=20)


@dataclass(frozen=True)
class Register:
    """The list of open rooms, and the broom of whoever sweeps them."""

    redis: Redis
    clock: Clock

    async def enter(self, meeting_id: MeetingId) -> None:
        """A room is about to be opened. The entry is new even if there was one: see `unlist`."""
        await self.redis.zadd(OPEN_ROOMS, {meeting_id: epoch_ms(self.clock())})

    async def listed(self) -> AsyncIterator[Listed]:
        """Every open room, the youngest first: those that close meanwhile make none be skipped."""
        end = await self.redis.zcard(OPEN_ROOMS)
        while end > 0:
            start = max(0, end - LIST_AT_ONCE)
            found: list[Any] = await self.redis.zrange(OPEN_ROOMS, start, end - 1, withscores=True)
            for id_, score in found:
                yield Listed(MeetingId(id_.decode()), score)
            end = start

    async def unlist(self, listed: Listed) -> None:
        """Take a closed room out of the list, unless it was opened again meanwhile."""
        seen = [listed.meeting_id, f"{listed.entered:.0f}"]
        await self._unlist(keys=[OPEN_ROOMS], args=seen)

    async def take_broom(self, token: str) -> bool:
        """Whether the sweep is ours; for the next few seconds, then to be taken anew."""
        hold = int(HOLD_BROOM.total_seconds() * 1000)
        if await self.redis.set(BROOM, token, nx=True, px=hold):
            return True
        holder = await self.redis.get(BROOM)
        return holder == token.encode() and bool(await self.redis.pexpire(BROOM, hold))

    async def put_broom_back(self, token: str) -> None:
        """Let the next sweep begin."""
        if await self.redis.get(BROOM) == token.encode():
            await self.redis.delete(BROOM)

    @cached_property
    def _unlist(self) -> AsyncScript:
        return self.redis.register_script(Path(__file__).with_name("unlist.lua").read_text())
