"""`POST /v1/auth/password`: another password."""

from hub_core.accounts import service
from hub_core.accounts.drafts import PasswordChange
from hub_core.kernel.errors import InvalidCredentials
from hub_core.kernel.limits import PASSWORD_GUESSES
from hub_core.web.api import api, lambda_handler
from hub_core.web.current_caller import CurrentCaller
from hub_core.web.db import Db
from hub_core.web.hanging_up import hang_up
from hub_core.web.hashing import PasswordHashing
from hub_core.web.limits import limited
from hub_core.web.problems import refuses

app = api()


@app.post(
    "/v1/auth/password",
    status_code=204,
    dependencies=[limited(PASSWORD_GUESSES)],
    responses=refuses(InvalidCredentials),
)
async def change_password(
    change: PasswordChange, caller: CurrentCaller, db: Db, hashing: PasswordHashing
) -> None:
    """Change the password; ends all other sign-in sessions of the account."""
    ended = await service.change_password(
        db, change, user_id=caller.user_id, session_id=caller.session_id, hashing=hashing
    )
    hang_up(db, ended)


handler = lambda_handler(app)
