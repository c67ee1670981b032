"""The end of a sign-in session, as far as sockets go: its stays are over, its connections close."""

import logging
from contextlib import suppress
from dataclasses import dataclass

from hub_core.kernel.errors import HubError, NotJoined, Unavailable
from hub_core.kernel.ids import ConnectionId
from hub_core.live.connections import Connections
from hub_core.live.dispatch import Dispatch, someone
from hub_core.live.fan_out import Sender
from hub_core.live.outages import DOWN
from hub_core.live.shares import SignOut
from hub_core.rooms.rules.presence import SignedOut

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SigningOut:
    """Tells sockets that their sign-in session was ended. Call it once PostgreSQL says so."""

    connections: Connections
    dispatch: Dispatch
    queue: Sender | None = None

    async def over(self, sign_in: str) -> None:
        """Every connection of the session is told, and closed; may be called twice.

        Raises:
            RedisError, Unavailable: Redis is down, or a room could not be told: see `later`.
        """
        stays = False
        for connection_id in await self.connections.of_sign_in(sign_in):
            try:
                await self._turn_out(connection_id, sign_in)
            except (HubError, *DOWN) as error:  # of one room; the others are not to wait for it
                logger.warning("connection %s stays: %s", connection_id, type(error).__name__)
                stays = True
        if stays:
            raise Unavailable

    async def later(self, sign_in: str) -> None:
        """Have it done by a worker, as soon as Redis is back.

        Whoever is quicker is asked at the door: PostgreSQL is, at each resume, join and sign-in.

        Raises:
            Unavailable: the queue did not take it.
        """
        if self.queue is not None:
            await self.queue.send(SignOut(sign_in=sign_in).model_dump_json())

    async def _turn_out(self, connection_id: ConnectionId, sign_in: str) -> None:
        seat, gone = await self.connections.last_seat(connection_id)
        if seat is not None:  # also if it is gone: whoever is lost must not come back
            with suppress(NotJoined):
                actor = someone(seat.participant_id)
                await self.dispatch.handle(seat.meeting_id, actor, SignedOut(sign_in=sign_in))
        if not gone:
            outbox = self.dispatch.delivery.outbox
            await outbox.close(connection_id, "signed-out", "reauth")
