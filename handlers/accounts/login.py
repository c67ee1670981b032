"""`POST /v1/auth/login`: an account, by its password."""

from hub_core.accounts import service
from hub_core.accounts.drafts import Credentials
from hub_core.accounts.schemas import Tokens
from hub_core.kernel.errors import InvalidCredentials
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import UserAgent
from hub_core.web.db import Db
from hub_core.web.hashing import PasswordHashing
from hub_core.web.problems import refuses
from hub_core.web.sign_in import TokenIssuer

app = api()


@app.post("/v1/auth/login", responses=refuses(InvalidCredentials))
async def login(
    credentials: Credentials,
    db: Db,
    hashing: PasswordHashing,
    issuer: TokenIssuer,
    agent: UserAgent,
) -> Tokens:
    """Sign in with an e-mail address and a password."""
    return await service.log_in(db, credentials, hashing=hashing, issuer=issuer, user_agent=agent)


handler = lambda_handler(app)
