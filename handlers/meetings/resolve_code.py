"""`POST /v1/meetings/resolve-code`: from a code to the meeting."""

from hub_core.kernel.errors import MeetingNotFound
from hub_core.kernel.limits import CODE_MISSES, CODE_MISSES_OF_A_NETWORK, CODE_MISSES_OF_ALL
from hub_core.meetings.schemas import CodeDraft, ResolvedCode
from hub_core.meetings.service import resolve
from hub_core.web.api import api, lambda_handler
from hub_core.web.db import Db
from hub_core.web.limits import limited
from hub_core.web.problems import refuses

app = api()


@app.post(
    "/v1/meetings/resolve-code",
    responses=refuses(MeetingNotFound),
    dependencies=[limited(CODE_MISSES, CODE_MISSES_OF_A_NETWORK, CODE_MISSES_OF_ALL)],
)
async def resolve_code(draft: CodeDraft, db: Db) -> ResolvedCode:
    """Find a meeting by its code. Unknown, ended and misspelt ones are answered alike."""
    return ResolvedCode(meeting_id=await resolve(db, draft.code))


handler = lambda_handler(app)
