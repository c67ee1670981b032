"""A route with everything that the documents can say about one."""

from typing import Annotated

from fastapi import Query

from hub_core.kernel.errors import MeetingEnded, MeetingLocked, MeetingNotFound
from hub_core.kernel.ids import UlidText
from hub_core.kernel.values import Draft, Title, Value
from hub_core.web.api import api
from hub_core.web.caller import Caller, OptionalCaller
from hub_core.web.db import Db
from hub_core.web.limits import Limits
from hub_core.web.problems import refuses

app = api()


class Renaming(Draft):
    """A new name."""

    title: Title


class Renamed(Value):
    """What it is called now."""

    title: str


@app.post(
    "/v1/things/{id}",
    status_code=201,
    responses=refuses(MeetingNotFound, MeetingEnded, MeetingLocked),
)
async def rename_thing(id: UlidText, body: Renaming, caller: Caller, db: Db) -> Renamed:  # noqa: A002 (the path's word)
    """Call it something else."""
    return Renamed(title=body.title)


@app.get("/v1/things")
async def list_things(
    caller: OptionalCaller, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[Renamed]:
    """All of them."""
    return []


@app.delete("/v1/things", status_code=204)
async def forget_things(caller: Caller) -> None:
    """None of them."""


@app.put("/v1/things", status_code=204)
async def count_things(limits: Limits) -> None:
    """How many."""
