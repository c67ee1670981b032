"""`PATCH /v1/meetings/{id}`: another title, another time."""

from hub_core.kernel.errors import MeetingEnded, MeetingForbidden, MeetingNotFound
from hub_core.meetings.running import change
from hub_core.meetings.schemas import MeetingPatch, OneMeeting
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import Caller
from hub_core.web.db import Db
from hub_core.web.paths import MeetingPath
from hub_core.web.problems import refuses

app = api()


@app.patch("/v1/meetings/{id}", responses=refuses(MeetingEnded, MeetingForbidden, MeetingNotFound))
async def change_meeting(
    meeting_id: MeetingPath, patch: MeetingPatch, caller: Caller, db: Db
) -> OneMeeting:
    """Change a meeting that you host; the body holds only what changes."""
    return OneMeeting(meeting=await change(db, meeting_id, caller.user_id, patch))


handler = lambda_handler(app)
