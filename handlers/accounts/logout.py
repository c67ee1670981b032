"""`POST /v1/auth/logout`: signed in no more."""

from hub_core.accounts import sessions
from hub_core.accounts.schemas import PresentedToken
from hub_core.kernel.errors import Forbidden
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import Caller
from hub_core.web.db import Db
from hub_core.web.hanging_up import hang_up
from hub_core.web.problems import refuses
from hub_core.web.refresh_cookie import RefreshCookie
from hub_core.web.sign_in import TokenIssuer

app = api()


@app.post("/v1/auth/logout", status_code=204, responses=refuses(Forbidden))
async def logout(
    caller: Caller,
    cookie: RefreshCookie,
    db: Db,
    issuer: TokenIssuer,
    draft: PresentedToken | None = None,
) -> None:
    """End this sign-in session, and that of the refresh token; again is as good as once."""
    token = cookie.presented_or_none(draft)
    hang_up(db, await sessions.log_out(db, caller.user_id, caller.session_id, token, issuer))
    cookie.forget()


handler = lambda_handler(app)
