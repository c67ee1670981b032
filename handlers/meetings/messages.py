"""`GET /v1/meetings/{id}/messages`: what was said."""

from hub_core.history.schemas import Messages
from hub_core.history.service import messages
from hub_core.kernel.errors import MeetingNotFound
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import Caller
from hub_core.web.db import Db
from hub_core.web.paging import Paging
from hub_core.web.paths import MeetingPath
from hub_core.web.problems import refuses

app = api()


@app.get("/v1/meetings/{id}/messages", responses=refuses(MeetingNotFound))
async def list_messages(meeting_id: MeetingPath, caller: Caller, db: Db, page: Paging) -> Messages:
    """Read what was said in a meeting that you belong to, newest first."""
    return await messages(db, meeting_id, caller.user_id, page)


handler = lambda_handler(app)
