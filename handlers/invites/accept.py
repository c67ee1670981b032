"""`POST /v1/invites/{inviteId}/accept`: the invited person comes."""

from hub_core.invites.accepting import accept
from hub_core.invites.schemas import AcceptedInvite
from hub_core.kernel.clock import utc_now
from hub_core.kernel.errors import (
    InviteAlreadyProcessed,
    InviteNotFound,
    MeetingEnded,
    MeetingForbidden,
)
from hub_core.kernel.ids import new_id
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import Caller
from hub_core.web.db import Db
from hub_core.web.paths import InvitePath
from hub_core.web.problems import refuses

app = api()


@app.post(
    "/v1/invites/{inviteId}/accept",
    responses=refuses(InviteAlreadyProcessed, InviteNotFound, MeetingEnded, MeetingForbidden),
)
async def accept_invite(invite_id: InvitePath, caller: Caller, db: Db) -> AcceptedInvite:
    """Accept an invite to your own address. Accepting it again changes nothing."""
    who = await accept(db, invite_id, caller.user_id, now=utc_now(), mint=new_id)
    return AcceptedInvite(participant=who)


handler = lambda_handler(app)
