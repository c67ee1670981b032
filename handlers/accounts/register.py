"""`POST /v1/auth/register`: a new account."""

from hub_core.accounts import service
from hub_core.accounts.drafts import Registration
from hub_core.accounts.schemas import Tokens
from hub_core.kernel.errors import UserExists
from hub_core.kernel.limits import REGISTER, REGISTER_TAKEN
from hub_core.web.api import api, lambda_handler
from hub_core.web.db import Db
from hub_core.web.guesses import PasswordGuesses
from hub_core.web.hashing import PasswordHashing
from hub_core.web.limits import limited
from hub_core.web.problems import refuses
from hub_core.web.refresh_cookie import RefreshCookie
from hub_core.web.sign_in import TokenIssuer

app = api()


@app.post(
    "/v1/auth/register",
    status_code=201,
    dependencies=[limited(REGISTER, REGISTER_TAKEN)],
    responses=refuses(UserExists),
)
async def register(
    draft: Registration,
    db: Db,
    hashing: PasswordHashing,
    issuer: TokenIssuer,
    guesses: PasswordGuesses,
    cookie: RefreshCookie,
) -> Tokens:
    """Open an account and sign in."""
    tokens = await service.register(db, draft, hashing=hashing, issuer=issuer)
    guesses.know_device(draft.email)
    return cookie.hand_over(tokens)


handler = lambda_handler(app)
