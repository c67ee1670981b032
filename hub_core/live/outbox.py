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
"""How long somebody who did not take a room event is left alone; then twice as long."""
LONGEST_REST: Final = timedelta(seconds=24)
MOST_BEHIND: Final = 4096
_NOT_TAKEN: Final = (Delivery.BEHIND, Delivery.FAILED)


@dataclass(frozen=True)
class Rest:
    """Until when somebody is left alone, and how long that is in all."""

    until: datetime
    span: timedelta


@dataclass(frozen=True)
class Outbox:
    """Delivers frames and closes connections; tells who turned out to be gone.

    What is meant for one connection, replies above all, is always tried. Room events alone are kept
    from somebody who does not take them, for a while: they have a `seq`, and `headSeq` of each pong
    tells whoever misses the last ones.
    """

    poster: Poster
    clock: Clock
    _resting: dict[ConnectionId, Rest] = field(default_factory=dict)
    """Who did not take its frames of late."""

    async def send(self, connection_id: ConnectionId, *frames: bytes) -> Delivery:
        """Frames to one connection, in order, as far as it takes them: what became of the last.

        Whoever takes them is there again, and gets room events as well.
        """
        how = await self._in_order(connection_id, frames)
        if how is Delivery.DELIVERED:
            self._resting.pop(connection_id, None)
        return how

    async def tell(
        self, frames: Mapping[ConnectionId, Sequence[bytes]]
    ) -> dict[ConnectionId, Delivery]:
        """As `send`, to several connections beside one another."""
        hows = await asyncio.gather(*(self.send(id_, *some) for id_, some in frames.items()))
        return dict(zip(frames, hows, strict=True))

    async def broadcast(
        self, frames: Mapping[ConnectionId, Sequence[bytes]]
    ) -> frozenset[ConnectionId]:
        """Room events to each connection, in order; the connections beside one another.

        Answers with those that are gone. Somebody who is behind (a full buffer) or whom the gateway
        could not be reached for misses the events, and finds out by the gap in `seq`. For a while
        no events are sent there: each would keep everybody else waiting.
        """
        now = self.clock()
        alike: dict[tuple[bytes, ...], list[ConnectionId]] = {}
        for connection_id, its_frames in frames.items():
            if its_frames and self._rested(connection_id, now):
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

    def _rested(self, connection_id: ConnectionId, now: datetime) -> bool:
        rest = self._resting.get(connection_id)
        return rest is None or rest.until <= now

    def _leave_alone(self, deliveries: Mapping[ConnectionId, Delivery], now: datetime) -> None:
        """Those who do not take events, unless it is the gateway that does not take them.

        Of a 429 nobody knows whether one client does not read or the account's rate is used up; if
        most are meant, it is the account's.
        """
        for id_ in [id_ for id_ in self._resting if deliveries.get(id_) is Delivery.DELIVERED]:
            del self._resting[id_]
        slow = [id_ for id_, how in deliveries.items() if how in _NOT_TAKEN]
        if 2 * len(slow) > len(deliveries):
            return
        if len(self._resting) > MOST_BEHIND:
            self._resting.clear()
        for id_ in slow:
            before = self._resting.get(id_)
            span = min(2 * before.span, LONGEST_REST) if before else REST
            self._resting[id_] = Rest(now + span, span)

    async def close(self, connection_id: ConnectionId, reason: str, action: Action) -> None:
        """Say why, then close: the gateway lets us give no close code."""
        word = SessionClosed(reason=reason, action=action).frame()
        if await self.send(connection_id, word) is not Delivery.GONE:
            await self.poster.delete(connection_id)

    async def bid_farewell(self, farewell: Farewell) -> None:
        """The last word, and if it closes, `session.closed` and then nothing."""
        how = await self.send(farewell.connection_id, farewell.frame())
        if farewell.closes and how is not Delivery.GONE:
            await self.close(farewell.connection_id, farewell.why, farewell.action)

    async def _in_order(self, connection_id: ConnectionId, frames: Sequence[bytes]) -> Delivery:
        """After one that was not taken, the others are not sent: there would be a gap."""
        for frame in frames:
            how = await self.poster.post(connection_id, frame)
            if how is not Delivery.DELIVERED:
                return how
        return Delivery.DELIVERED
