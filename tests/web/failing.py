"""A route whose transaction fails when it is committed, for `test_db`."""

from sqlalchemy import text

from hub_core.web.api import api, lambda_handler
from hub_core.web.db import Db

app = api()
handler = lambda_handler(app)


@app.post("/v1/things", status_code=201)
async def create(db: Db) -> str:
    await db.execute(
        text(
            "CREATE TEMPORARY TABLE things (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"
            " ON COMMIT DROP"
        )
    )
    await db.execute(text("INSERT INTO things VALUES (1), (1)"))
    return "done"
