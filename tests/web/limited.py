"""Routes with limits, for `test_limits`: each is what a handler is."""

from typing import Annotated

from fastapi import Query

from hub_core.adapters.limiter import Charge
from hub_core.kernel.errors import InvalidCredentials
from hub_core.kernel.limits import Per, Policy
from hub_core.web.api import api, lambda_handler
from hub_core.web.limits import Limits, limited

CALLS = Policy("calls", 3, 60, Per.NETWORK, "calls")
MORE_CALLS = Policy("more-calls", 5, 60, Per.EVERYBODY, "calls by all")
MINE = Policy("mine", 2, 60, Per.CALLER, "calls by one")
WRONG = Policy(
    "wrong", 2, 60, Per.GIVEN, "wrong words", (InvalidCredentials,), refuses_uncounted=True
)

app = api()
handler = lambda_handler(app)


@app.get("/call", dependencies=[limited(CALLS, MORE_CALLS)])
async def call() -> str:
    return "done"


@app.get("/mine", dependencies=[limited(MINE)])
async def mine() -> str:
    return "done"


@app.get("/guess/{name}")
async def guess(name: str, limits: Limits, word: Annotated[str, Query()]) -> str:
    async with limits.counting(Charge(WRONG, name)):
        if word != "right":
            raise InvalidCredentials
    return "welcome"
