"""`GET /v1/meetings/{id}`: a meeting and its people, for its members."""

from hub_core.kernel.errors import MeetingNotFound
from hub_core.meetings.schemas import ShownMeeting
from hub_core.meetings.service import show
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import Caller
from hub_core.web.db import Db
from hub_core.web.paths import MeetingPath
from hub_core.web.problems import refuses

app = api()


@app.get("/v1/meetings/{id}", responses=refuses(MeetingNotFound))
async def show_meeting(meeting_id: MeetingPath, caller: Caller, db: Db) -> ShownMeeting:
    """Show a meeting that you hold, were let into, or have accepted an invite to."""
    return ShownMeeting(meeting=await show(db, meeting_id, caller.user_id))


handler = lambda_handler(app)
