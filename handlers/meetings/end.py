"""`POST /v1/meetings/{id}/end`: the end of a meeting, for everyone."""

from hub_core.kernel.clock import utc_now
from hub_core.kernel.errors import MeetingForbidden, MeetingNotFound
from hub_core.meetings.running import end
from hub_core.meetings.schemas import OneMeeting
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import Caller
from hub_core.web.db import Db
from hub_core.web.paths import MeetingPath
from hub_core.web.problems import refuses

app = api()


@app.post("/v1/meetings/{id}/end", responses=refuses(MeetingForbidden, MeetingNotFound))
async def end_meeting(meeting_id: MeetingPath, caller: Caller, db: Db) -> OneMeeting:
    """End a meeting that you host: everyone in its room and lobby is told, and let go."""
    return OneMeeting(meeting=await end(db, meeting_id, caller.user_id, utc_now()))


handler = lambda_handler(app)
