"""`GET /v1/meetings`: the caller's meetings."""

from typing import Annotated

from fastapi import Query

from hub_core.kernel.clock import utc_now
from hub_core.meetings.schemas import Meetings
from hub_core.meetings.service import mine
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import Caller
from hub_core.web.db import Db
from hub_core.web.paging import Paging

app = api()


@app.get("/v1/meetings")
async def list_meetings(
    caller: Caller,
    db: Db,
    page: Paging,
    *,
    upcoming: Annotated[
        bool, Query(description="Only those that have not ended and lie ahead, or have no time.")
    ] = False,
) -> Meetings:
    """List the meetings that you hold or have taken part in, newest first."""
    return await mine(db, caller.user_id, page, now=utc_now(), upcoming=upcoming)


handler = lambda_handler(app)
