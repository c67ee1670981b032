"""`POST /v1/auth/refresh`: the next pair of tokens."""

from functools import partial

from hub_core.accounts import sessions
from hub_core.accounts.schemas import PresentedToken, Tokens
from hub_core.kernel.errors import Forbidden, InvalidToken, TokenExpired, Unauthorized
from hub_core.kernel.limits import REFRESH
from hub_core.web.api import api, lambda_handler
from hub_core.web.db import Db
from hub_core.web.hanging_up import hang_up
from hub_core.web.limits import limited
from hub_core.web.problems import refuses
from hub_core.web.refresh_cookie import RefreshCookie
from hub_core.web.sign_in import TokenIssuer

app = api()


@app.post(
    "/v1/auth/refresh",
    dependencies=[limited(REFRESH)],
    responses=refuses(Unauthorized, InvalidToken, TokenExpired, Forbidden),
)
async def refresh(
    cookie: RefreshCookie, db: Db, issuer: TokenIssuer, draft: PresentedToken | None = None
) -> Tokens:
    """Trade a refresh token for the next pair.

    A token can be traded once; a retry within ten seconds gets the same successor again. One that
    was traded before ends its session: somebody has a copy.
    """
    tokens = await sessions.rotate(db, cookie.presented(draft), issuer, partial(hang_up, db))
    return cookie.hand_over(tokens)


handler = lambda_handler(app)
