"""`Db`: the transaction that a route asks for."""

from collections.abc import AsyncIterator
from typing import Annotated

import psycopg
from fastapi import Depends
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.adapters.tables import transaction
from hub_core.kernel.errors import HubError, Unavailable


async def session() -> AsyncIterator[AsyncSession]:
    """One request, one transaction; it is rolled back if the route raises.

    All but a refusal that keeps its changes: the revocation of a stolen token must be there before
    the thief is answered.

    Raises:
        Unavailable: PostgreSQL is down, too slow, or broke the transaction off: it can be retried.
    """
    refusal: HubError | None = None
    try:
        async with transaction() as opened:
            try:
                yield opened
            except HubError as error:
                if not error.keeps_changes:
                    raise
                refusal = error
    except DBAPIError as error:
        if not _is_outage(error):
            raise
        raise Unavailable from error
    if refusal is not None:
        raise refusal


def _is_outage(error: DBAPIError) -> bool:
    """Not a defect of ours: the database is away, or broke something off that can be tried again.

    psycopg's own InternalError (no SQLSTATE) is what becomes of a connection that a pooler cuts
    while it answers.
    """
    match error:
        case OperationalError() | InterfaceError():
            return True
        case InternalError(orig=psycopg.Error(sqlstate=None)):
            return True
        case _:
            return False


Db = Annotated[AsyncSession, Depends(session, scope="function")]
"""Committed before the response exists; `scope="request"`, FastAPI's default, would commit after it
and answer 200 to a commit that fails."""
