"""The sweep: what would stay behind when nobody is there to do it on the occasion.

Rooms are found through one sorted set, never by looking for keys. A pass over idle rooms costs one
round trip for each; it runs every few seconds, as long as its minute lasts.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hub_core.adapters.defects import log_defect
from hub_core.kernel.clock import Clock
from hub_core.kernel.errors import HubError
from hub_core.live.answers import Listed
from hub_core.live.dispatch import Dispatch
from hub_core.live.outages import DOWN

logger = logging.getLogger(__name__)

AT_ONCE: Final = 16
"""Rooms that are looked after beside one another."""
LASTS: Final = timedelta(seconds=52)
"""How long one run goes on; the next one begins when its minute is over."""
EVERY: Final = timedelta(seconds=5)


@dataclass(frozen=True)
class Sweep:
    """Leases, graces, silent connections, logs that nobody drains, and rooms that are over."""

    dispatch: Dispatch
    clock: Clock
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def minute(self) -> None:
        """Pass after pass, until the minute of this run is nearly over.

        Should another run be at it (EventBridge fires at least once), this one ends at once.
        """
        began, token = self.clock(), self.dispatch.mint()
        while await self.dispatch.rooms.register.take_broom(token):
            due = self.clock() + EVERY
            await self.once()
            if self.clock() + EVERY - began > LASTS:
                break
            await self.sleep(max(0.0, (due - self.clock()).total_seconds()))
        await self.dispatch.rooms.register.put_broom_back(token)

    async def once(self) -> None:
        """One pass over everything."""
        await self._turn_silent_connections_out()
        gate = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            async for listed in self.dispatch.rooms.register.listed():
                await gate.acquire()
                group.create_task(self._look_after(listed)).add_done_callback(
                    lambda _: gate.release()
                )

    async def _turn_silent_connections_out(self) -> None:
        """Some beside one another: many who say nothing are not to keep the rooms waiting."""
        connections, outbox = self.dispatch.connections, self.dispatch.delivery.outbox
        silent = await connections.overdue(self.clock())
        for start in range(0, len(silent), AT_ONCE):
            some = silent[start : start + AT_ONCE]
            await asyncio.gather(*(outbox.close(id_, "unauthenticated", "none") for id_ in some))
            await connections.turned_out(some)

    async def _look_after(self, listed: Listed) -> None:
        rooms, meeting_id = self.dispatch.rooms, listed.meeting_id
        try:
            glance = await rooms.glance(meeting_id)
            if glance is None:
                await rooms.register.unlist(listed)
                return
            if glance.fan != glance.at:
                await self.dispatch.drained(meeting_id)
            await self.dispatch.lapsed(meeting_id, glance.due)
            if glance.ended:
                await self.dispatch.disbanded(meeting_id)
            elif not glance.people and await rooms.close(meeting_id, glance.epoch):
                await self.dispatch.delivery.journal.closed(glance.epoch, self.clock())
                await rooms.register.unlist(listed)
        except (HubError, *DOWN) as error:
            logger.warning("room %s was not swept: %s", meeting_id, type(error).__name__)
        except Exception as error:  # noqa: BLE001 (one room that cannot be read stops no other)
            log_defect(error, meeting_id, job="sweep")
