"""`GET /v1/meetings/{id}/invites`: who was asked."""

from hub_core.invites.schemas import Invites
from hub_core.invites.service import invites
from hub_core.kernel.errors import MeetingForbidden, MeetingNotFound
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import Caller
from hub_core.web.db import Db
from hub_core.web.paging import Paging
from hub_core.web.paths import MeetingPath
from hub_core.web.problems import refuses

app = api()


@app.get("/v1/meetings/{id}/invites", responses=refuses(MeetingForbidden, MeetingNotFound))
async def list_invites(meeting_id: MeetingPath, caller: Caller, db: Db, page: Paging) -> Invites:
    """List who was asked into a meeting; for its host and cohosts."""
    return await invites(db, meeting_id, caller.user_id, page)


handler = lambda_handler(app)
