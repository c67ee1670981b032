"""`DELETE /v1/auth/sessions/{sessionId}`: signed in on one device less."""

from hub_core.accounts import sessions
from hub_core.kernel.errors import SessionNotFound
from hub_core.web.api import api, lambda_handler
from hub_core.web.current_caller import CurrentCaller
from hub_core.web.db import Db
from hub_core.web.hanging_up import hang_up
from hub_core.web.paths import SignInPath
from hub_core.web.problems import refuses

app = api()


@app.delete("/v1/auth/sessions/{sessionId}", status_code=204, responses=refuses(SessionNotFound))
async def end_session(session_id: SignInPath, caller: CurrentCaller, db: Db) -> None:
    """End one of the account's sign-in sessions."""
    hang_up(db, await sessions.end(db, caller.user_id, session_id))


handler = lambda_handler(app)
