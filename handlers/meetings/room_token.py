"""`POST /v1/meetings/{id}/room-token`: a ticket for one join."""

from hub_core.kernel.errors import (
    InvalidRoomToken,
    LobbyRejected,
    MeetingEnded,
    MeetingForbidden,
    MeetingLocked,
    MeetingNotFound,
)
from hub_core.kernel.limits import ROOM_TOKENS, ROOM_TOKENS_OF_A_NETWORK
from hub_core.meetings.schemas import RoomTicket, TicketDraft
from hub_core.meetings.tickets import Account, Guest, TicketOffice
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import OptionalCaller, SignedIn
from hub_core.web.db import Db
from hub_core.web.limits import limited
from hub_core.web.paths import MeetingPath
from hub_core.web.problems import refuses

app = api()


@app.post(
    "/v1/meetings/{id}/room-token",
    responses=refuses(
        InvalidRoomToken,
        LobbyRejected,
        MeetingEnded,
        MeetingForbidden,
        MeetingLocked,
        MeetingNotFound,
    ),
    dependencies=[limited(ROOM_TOKENS, ROOM_TOKENS_OF_A_NETWORK)],
)
async def get_room_token(
    meeting_id: MeetingPath,
    caller: OptionalCaller,
    db: Db,
    draft: TicketDraft | None = None,
) -> RoomTicket:
    """Get a ticket into the room, or to its lobby.

    With an access token, as that account. Without, as a guest; who shows the room token that it has
    stays the same participant.
    """
    given = draft.display_name if draft else None
    who = Account(caller.user_id) if isinstance(caller, SignedIn) else Guest(caller, given)
    return await TicketOffice.opened(db).ticket(meeting_id, who)


handler = lambda_handler(app)
