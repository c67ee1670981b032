"""`GET /v1/meetings/{id}/bans`: who may not come back."""

from hub_core.kernel.errors import MeetingForbidden, MeetingNotFound
from hub_core.meetings.bans import bans
from hub_core.meetings.schemas import Bans
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import Caller
from hub_core.web.db import Db
from hub_core.web.paging import Paging
from hub_core.web.paths import MeetingPath
from hub_core.web.problems import refuses

app = api()


@app.get("/v1/meetings/{id}/bans", responses=refuses(MeetingForbidden, MeetingNotFound))
async def list_bans(meeting_id: MeetingPath, caller: Caller, db: Db, page: Paging) -> Bans:
    """List who was banned from a meeting; for its host and cohosts."""
    return await bans(db, meeting_id, caller.user_id, page)


handler = lambda_handler(app)
