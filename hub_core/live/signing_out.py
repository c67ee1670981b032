"""The end of a sign-in session, as far as sockets go: its stays are over, its connections close."""

import logging
from contextlib import suppress
from dataclasses import dataclass

from hub_core.kernel.errors import HubError, NotJoined
from hub_core.kernel.ids import ConnectionId
from hub_core.live.connections import Connections
from hub_core.live.dispatch import Dispatch, someone
from hub_core.live.outages import DOWN
from hub_core.rooms.rules.presence import SignedOut

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SigningOut:
    """Tells sockets that their sign-in session was ended. Call it once PostgreSQL says so."""

    connections: Connections
    dispatch: Dispatch

    async def over(self, sign_in: str) -> None:
        """Every connection of the session is told, and closed; may be called twice.

        Raises:
            RedisError: Redis is down. PostgreSQL is asked again at each resume, join and sign-in.
        """
        for connection_id in await self.connections.of_sign_in(sign_in):
            try:
                await self._turn_out(connection_id, sign_in)
            except (HubError, *DOWN) as error:  # of one room; the others are not to wait for it
                logger.warning("connection %s stays: %s", connection_id, type(error).__name__)

    async def _turn_out(self, connection_id: ConnectionId, sign_in: str) -> None:
        seat, gone = await self.connections.last_seat(connection_id)
        if seat is not None:  # also if it is gone: whoever is lost must not come back
            with suppress(NotJoined):
                actor = someone(seat.participant_id)
                await self.dispatch.handle(seat.meeting_id, actor, SignedOut(sign_in=sign_in))
        if not gone:
            outbox = self.dispatch.delivery.outbox
            await outbox.close(connection_id, "signed-out", "reauth")
