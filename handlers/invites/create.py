"""`POST /v1/meetings/{id}/invites`: somebody is asked."""

from fastapi import status

from hub_core.adapters.limiter import Charge
from hub_core.adapters.mail import mailer
from hub_core.adapters.settings import settings
from hub_core.invites.schemas import Invite, InviteDraft
from hub_core.invites.service import Asking, invite
from hub_core.kernel.clock import utc_now
from hub_core.kernel.errors import MeetingEnded, MeetingForbidden, MeetingNotFound
from hub_core.kernel.ids import new_id
from hub_core.kernel.limits import INVITES, INVITES_TO_ADDRESS
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import Caller
from hub_core.web.db import Db
from hub_core.web.limits import Limits, limited
from hub_core.web.once import Once
from hub_core.web.paths import MeetingPath
from hub_core.web.problems import refuses

app = api()


@app.post(
    "/v1/meetings/{id}/invites",
    status_code=status.HTTP_201_CREATED,
    responses=refuses(MeetingEnded, MeetingForbidden, MeetingNotFound),
    dependencies=[limited(INVITES)],
)
async def create_invite(
    meeting_id: MeetingPath,
    draft: InviteDraft,
    caller: Caller,
    *,
    db: Db,
    limits: Limits,
    once: Once,
) -> Invite:
    """Ask an address into a meeting that you host or cohost, by mail. The newest invite counts."""
    asking = Asking(
        at=utc_now(),
        mint=new_id,
        mailer=mailer(),
        app_url=settings().app_url,
        counted=lambda address: limits.counting(Charge(INVITES_TO_ADDRESS, address)),
    )
    return await once(Invite, lambda: invite(db, meeting_id, caller.user_id, draft, asking))


handler = lambda_handler(app)
