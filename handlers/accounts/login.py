"""`POST /v1/auth/login`: an account, by its password."""

from hub_core.accounts import service
from hub_core.accounts.drafts import Credentials
from hub_core.accounts.schemas import Tokens
from hub_core.kernel.errors import InvalidCredentials
from hub_core.kernel.limits import SIGN_IN
from hub_core.web.api import api, lambda_handler
from hub_core.web.db import Db
from hub_core.web.guesses import PasswordGuesses
from hub_core.web.hashing import PasswordHashing
from hub_core.web.limits import limited
from hub_core.web.problems import refuses
from hub_core.web.refresh_cookie import RefreshCookie
from hub_core.web.sign_in import TokenIssuer

app = api()


@app.post("/v1/auth/login", dependencies=[limited(SIGN_IN)], responses=refuses(InvalidCredentials))
async def login(
    credentials: Credentials,
    db: Db,
    hashing: PasswordHashing,
    issuer: TokenIssuer,
    guesses: PasswordGuesses,
    cookie: RefreshCookie,
) -> Tokens:
    """Sign in with an e-mail address and a password."""
    async with guesses.at(credentials.email):
        tokens = await service.log_in(db, credentials, hashing=hashing, issuer=issuer)
    return cookie.hand_over(tokens)


handler = lambda_handler(app)
