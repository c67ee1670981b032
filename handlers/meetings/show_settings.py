"""`GET /v1/meetings/{id}/settings`: how a meeting goes."""

from fastapi import Response

from hub_core.kernel.errors import MeetingNotFound
from hub_core.meetings.running import read_settings
from hub_core.meetings.schemas import ShownSettings
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import Caller
from hub_core.web.db import Db
from hub_core.web.etags import etag
from hub_core.web.paths import MeetingPath
from hub_core.web.problems import refuses

app = api()


@app.get("/v1/meetings/{id}/settings", responses=refuses(MeetingNotFound))
async def show_settings(
    meeting_id: MeetingPath, caller: Caller, db: Db, response: Response
) -> ShownSettings:
    """Read the settings; `ETag` is for `If-Match` when you change them."""
    settings = await read_settings(db, meeting_id, caller.user_id)
    response.headers["ETag"] = etag(settings.version)
    return ShownSettings(settings=settings)


handler = lambda_handler(app)
