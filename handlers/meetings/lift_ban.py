"""`DELETE /v1/meetings/{id}/bans/{participantId}`: somebody may knock again."""

from fastapi import status

from hub_core.kernel.errors import MeetingForbidden, MeetingNotFound, ParticipantNotFound
from hub_core.meetings.bans import lift
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import Caller
from hub_core.web.db import Db
from hub_core.web.paths import MeetingPath, ParticipantPath
from hub_core.web.problems import refuses

app = api()


@app.delete(
    "/v1/meetings/{id}/bans/{participantId}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refuses(MeetingForbidden, MeetingNotFound, ParticipantNotFound),
)
async def lift_ban(
    meeting_id: MeetingPath, participant_id: ParticipantPath, caller: Caller, db: Db
) -> None:
    """Lift a ban: the person may knock, and has to be let in. Lifting it twice is no error."""
    await lift(db, meeting_id, caller.user_id, participant_id)


handler = lambda_handler(app)
