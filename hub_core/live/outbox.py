"""Frames on their way out, through the gateway, to the sockets of people."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub_core.adapters.gateway import Delivery, Poster
from hub_core.kernel.errors import Action
from hub_core.kernel.ids import ConnectionId
from hub_core.live.partings import SessionClosed
from hub_core.rooms.messages import Farewell


@dataclass(frozen=True)
class Outbox:
    """Delivers frames and closes connections; tells who turned out to be gone."""

    poster: Poster

    async def send(self, connection_id: ConnectionId, frame: bytes) -> bool:
        """One frame to one connection; False if the connection is gone."""
        return await self.poster.post(connection_id, frame) is not Delivery.GONE

    async def broadcast(
        self, frames: Mapping[ConnectionId, Sequence[bytes]]
    ) -> frozenset[ConnectionId]:
        """To each connection its frames, in order; the connections beside one another.

        Answers with those that are gone. Somebody who is behind (a full buffer) or whom the gateway
        could not be reached for misses the frame, and finds out by the gap in `seq`.
        """
        alike: dict[tuple[bytes, ...], list[ConnectionId]] = {}
        for connection_id, its_frames in frames.items():
            alike.setdefault(tuple(its_frames), []).append(connection_id)
        gone: set[ConnectionId] = set()
        for its_frames, connection_ids in alike.items():
            if not its_frames:
                continue
            if len(its_frames) == 1:
                deliveries = await self.poster.broadcast(connection_ids, its_frames[0])
                gone |= {id_ for id_, how in deliveries.items() if how is Delivery.GONE}
            else:
                there = await asyncio.gather(
                    *(self._in_order(connection_id, its_frames) for connection_id in connection_ids)
                )
                gone |= {
                    id_ for id_, is_there in zip(connection_ids, there, strict=True) if not is_there
                }
        return frozenset(gone)

    async def close(self, connection_id: ConnectionId, reason: str, action: Action) -> None:
        """Say why, then close: the gateway lets us give no close code."""
        if await self.send(connection_id, SessionClosed(reason=reason, action=action).frame()):
            await self.poster.delete(connection_id)

    async def bid_farewell(self, farewell: Farewell) -> None:
        """The last word, and if it closes, `session.closed` and then nothing."""
        if await self.send(farewell.connection_id, farewell.frame()) and farewell.closes:
            await self.close(farewell.connection_id, farewell.why, farewell.action)

    async def _in_order(self, connection_id: ConnectionId, frames: Sequence[bytes]) -> bool:
        for frame in frames:
            if not await self.send(connection_id, frame):
                return False
        return True
