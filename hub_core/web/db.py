"""`Db`: the transaction that a route asks for."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy.exc import InterfaceError, OperationalError
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
    except (OperationalError, InterfaceError) as error:
        raise Unavailable from error
    if refusal is not None:
        raise refusal


Db = Annotated[AsyncSession, Depends(session, scope="function")]
"""Committed before the response exists; `scope="request"`, FastAPI's default, would commit after it
and answer 200 to a commit that fails."""
