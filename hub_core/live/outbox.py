"""Frames on their way out, through the gateway, to the sockets of people."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from hub_core.adapters.gateway import Delivery, Poster
from hub_core.kernel.clock import Clock
from hub_core.kernel.errors import Action
from hub_core.kernel.ids import ConnectionId
from hub_core.live.partings import SessionClosed
from hub_core.rooms.messages import Farewell

REST: Final = timedelta(seconds=3)
"""How long somebody who does not read is left alone. It finds a gap in `seq` and asks for it."""
MOST_BEHIND: Final = 4096


@dataclass(frozen=True)
class Outbox:
    """Delivers frames and closes connections; tells who turned out to be gone."""

    poster: Poster
    clock: Clock
    _behind: dict[ConnectionId, datetime] = field(default_factory=dict)
    """Who did not take its frames of late, and until when it is left alone."""

    async def send(self, connection_id: ConnectionId, *frames: bytes) -> bool:
        """Frames to one connection, as far as it takes them; False if the connection is gone."""
        return await self._in_order(connection_id, frames) is not Delivery.GONE

    async def broadcast(
        self, frames: Mapping[ConnectionId, Sequence[bytes]]
    ) -> frozenset[ConnectionId]:
        """To each connection its frames, in order; the connections beside one another.

        Answers with those that are gone. Somebody who is behind (a full buffer) or whom the gateway
        could not be reached for misses the frame, and finds out by the gap in `seq`. For a while
        nothing is sent there: each frame would keep everybody else waiting.
        """
        now = self.clock()
        alike: dict[tuple[bytes, ...], list[ConnectionId]] = {}
        for connection_id, its_frames in frames.items():
            if its_frames and self._behind.get(connection_id, now) <= now:
                alike.setdefault(tuple(its_frames), []).append(connection_id)
        settled = await asyncio.gather(
            *(self._deliver(some, connections) for some, connections in alike.items())
        )
        deliveries = {id_: how for group in settled for id_, how in group.items()}
        self._leave_alone(deliveries, now)
        return frozenset(id_ for id_, how in deliveries.items() if how is Delivery.GONE)

    async def _deliver(
        self, frames: Sequence[bytes], connection_ids: Sequence[ConnectionId]
    ) -> dict[ConnectionId, Delivery]:
        if len(frames) == 1:
            return await self.poster.broadcast(connection_ids, frames[0])
        hows = await asyncio.gather(*(self._in_order(id_, frames) for id_ in connection_ids))
        return dict(zip(connection_ids, hows, strict=True))

    def _leave_alone(self, deliveries: Mapping[ConnectionId, Delivery], now: datetime) -> None:
        """Those who do not read, unless it is the account's rate that is used up: 429 says both."""
        behind = [id_ for id_, how in deliveries.items() if how is Delivery.BEHIND]
        if 2 * len(behind) > len(deliveries):
            return
        if len(self._behind) > MOST_BEHIND:
            self._behind.clear()
        self._behind.update(dict.fromkeys(behind, now + REST))

    async def close(self, connection_id: ConnectionId, reason: str, action: Action) -> None:
        """Say why, then close: the gateway lets us give no close code."""
        if await self.send(connection_id, SessionClosed(reason=reason, action=action).frame()):
            await self.poster.delete(connection_id)

    async def bid_farewell(self, farewell: Farewell) -> None:
        """The last word, and if it closes, `session.closed` and then nothing."""
        if await self.send(farewell.connection_id, farewell.frame()) and farewell.closes:
            await self.close(farewell.connection_id, farewell.why, farewell.action)

    async def _in_order(self, connection_id: ConnectionId, frames: Sequence[bytes]) -> Delivery:
        """After one that was not taken, the others are not sent: there would be a gap."""
        for frame in frames:
            how = await self.poster.post(connection_id, frame)
            if how is not Delivery.DELIVERED:
                return how
        return Delivery.DELIVERED
