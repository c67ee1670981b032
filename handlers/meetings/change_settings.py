"""`PATCH /v1/meetings/{id}/settings`: how a meeting goes from now on."""

from fastapi import Response

from hub_core.kernel.errors import (
    MeetingEnded,
    MeetingForbidden,
    MeetingNotFound,
    SettingsVersionConflict,
)
from hub_core.meetings.running import change_settings
from hub_core.meetings.schemas import ShownSettings
from hub_core.rooms.settings import SettingsPatch
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import Caller
from hub_core.web.db import Db
from hub_core.web.etags import IfMatch, etag
from hub_core.web.paths import MeetingPath
from hub_core.web.problems import refuses

app = api()


@app.patch(
    "/v1/meetings/{id}/settings",
    responses=refuses(MeetingEnded, MeetingForbidden, MeetingNotFound, SettingsVersionConflict),
)
async def change_meeting_settings(
    meeting_id: MeetingPath,
    patch: SettingsPatch,
    caller: Caller,
    *,
    db: Db,
    expected: IfMatch,
    response: Response,
) -> ShownSettings:
    """Change the settings of a meeting that you host; its room follows at once."""
    settings = await change_settings(db, meeting_id, caller.user_id, patch, expected)
    response.headers["ETag"] = etag(settings.version)
    return ShownSettings(settings=settings)


handler = lambda_handler(app)
