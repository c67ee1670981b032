"""A route that creates, for `test_once`: an account stands for whatever is created."""

from sqlalchemy import func, select

from hub_core.accounts.tables import UserRow
from hub_core.kernel.clock import utc_now
from hub_core.kernel.errors import MeetingForbidden
from hub_core.kernel.ids import new_id
from hub_core.kernel.values import Draft, Value
from hub_core.web.api import api, lambda_handler
from hub_core.web.db import Db
from hub_core.web.once import Once

app = api()
handler = lambda_handler(app)


class ThingDraft(Draft):
    name: str


class Thing(Value):
    thing_id: str
    name: str
    how_many: int


@app.post("/v1/things", status_code=201)
async def create(draft: ThingDraft, db: Db, once: Once) -> Thing:
    async def make() -> Thing:
        thing_id = new_id()
        db.add(
            UserRow(
                id=thing_id,
                email=thing_id,
                email_canonical=thing_id,
                display_name=draft.name,
                created_at=utc_now(),
            )
        )
        if draft.name == "forbidden":
            raise MeetingForbidden
        how_many = await db.scalar(select(func.count()).select_from(UserRow))
        return Thing(thing_id=thing_id, name=draft.name, how_many=how_many or 0)

    return await once(Thing, make)
