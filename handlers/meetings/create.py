"""`POST /v1/meetings`: a new meeting, held by who asks."""

import secrets

from fastapi import Response, status

from hub_core.kernel.clock import utc_now
from hub_core.kernel.ids import new_id
from hub_core.kernel.limits import CREATE_MEETING
from hub_core.meetings.schemas import Meeting, MeetingDraft
from hub_core.meetings.service import Making, schedule
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import Caller
from hub_core.web.db import Db
from hub_core.web.limits import limited
from hub_core.web.once import Once
from hub_core.web.paths import located

app = api()


@app.post(
    "/v1/meetings",
    status_code=status.HTTP_201_CREATED,
    dependencies=[limited(CREATE_MEETING)],
    responses={201: located("The meeting.")},
)
async def create_meeting(
    draft: MeetingDraft, caller: Caller, *, db: Db, once: Once, response: Response
) -> Meeting:
    """Create a meeting, now or scheduled; you are its host."""
    making = Making(at=utc_now(), mint=new_id, choose=secrets.choice)
    meeting = await once(Meeting, lambda: schedule(db, caller.user_id, draft, making))
    response.headers["Location"] = f"/v1/meetings/{meeting.id}"
    return meeting


handler = lambda_handler(app)
