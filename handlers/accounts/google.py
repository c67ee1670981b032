"""`POST /v1/auth/oauth/google`: an account, by Google's word."""

from hub_core.accounts import identities
from hub_core.accounts.id_tokens import GoogleSignIn
from hub_core.accounts.schemas import Tokens
from hub_core.kernel.errors import InvalidToken, TokenExpired, Unavailable, UserExists
from hub_core.kernel.limits import SIGN_IN
from hub_core.web.api import api, lambda_handler
from hub_core.web.db import Db
from hub_core.web.google import Google
from hub_core.web.guesses import PasswordGuesses
from hub_core.web.limits import limited
from hub_core.web.problems import refuses
from hub_core.web.refresh_cookie import RefreshCookie
from hub_core.web.sign_in import TokenIssuer

app = api()


@app.post(
    "/v1/auth/oauth/google",
    dependencies=[limited(SIGN_IN)],
    responses=refuses(InvalidToken, TokenExpired, UserExists, Unavailable),
)
async def google_sign_in(
    draft: GoogleSignIn,
    google: Google,
    db: Db,
    issuer: TokenIssuer,
    guesses: PasswordGuesses,
    cookie: RefreshCookie,
) -> Tokens:
    """Sign in with an id token of Google; the first time opens an account."""
    person = await google.person(draft)
    tokens = await identities.sign_in(db, person, issuer)
    guesses.know_device(person.email)
    return cookie.hand_over(tokens)


handler = lambda_handler(app)
