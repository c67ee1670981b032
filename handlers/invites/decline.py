"""`POST /v1/invites/{inviteId}/decline`: the invited person does not come."""

from fastapi import status

from hub_core.invites.answers import decline
from hub_core.kernel.clock import utc_now
from hub_core.kernel.errors import InviteAlreadyProcessed, InviteNotFound
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import Caller
from hub_core.web.db import Db
from hub_core.web.paths import InvitePath
from hub_core.web.problems import refuses

app = api()


@app.post(
    "/v1/invites/{inviteId}/decline",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refuses(InviteAlreadyProcessed, InviteNotFound),
)
async def decline_invite(invite_id: InvitePath, caller: Caller, db: Db) -> None:
    """Decline an invite to your own address. Declining it again changes nothing."""
    await decline(db, invite_id, caller.user_id, now=utc_now())


handler = lambda_handler(app)
