"""`Paging`: the part of a list that a route is asked for."""

from typing import Annotated

from fastapi import Depends, Query
from pydantic import AfterValidator, WithJsonSchema

from hub_core.kernel.paging import CURSOR_PATTERN, LARGEST_PAGE, USUAL_PAGE, Page, read_cursor

_Cursor = Annotated[
    str,
    AfterValidator(read_cursor),
    WithJsonSchema({"type": "string", "pattern": CURSOR_PATTERN}),
]


async def _page(
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = USUAL_PAGE,
    cursor: Annotated[
        _Cursor | None, Query(description="`nextCursor` of the page before; opaque.")
    ] = None,
) -> Page:
    return Page(limit, cursor)


Paging = Annotated[Page, Depends(_page)]
"""`limit` (1–100) and `cursor`."""
