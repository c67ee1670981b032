"""`POST /v1/auth/register`: a new account."""

from hub_core.accounts import service
from hub_core.accounts.drafts import Registration
from hub_core.accounts.schemas import Tokens
from hub_core.kernel.errors import UserExists
from hub_core.web.api import api, lambda_handler
from hub_core.web.caller import UserAgent
from hub_core.web.db import Db
from hub_core.web.hashing import PasswordHashing
from hub_core.web.problems import refuses
from hub_core.web.sign_in import TokenIssuer

app = api()


@app.post("/v1/auth/register", status_code=201, responses=refuses(UserExists))
async def register(
    draft: Registration, db: Db, hashing: PasswordHashing, issuer: TokenIssuer, agent: UserAgent
) -> Tokens:
    """Open an account and sign in."""
    return await service.register(db, draft, hashing=hashing, issuer=issuer, user_agent=agent)


handler = lambda_handler(app)
