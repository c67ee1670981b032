"""`Db`: the transaction that a route asks for."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.adapters.tables import transaction
from hub_core.kernel.errors import Unavailable


async def session() -> AsyncIterator[AsyncSession]:
    """One request, one transaction; it is rolled back if the route raises.

    Raises:
        Unavailable: PostgreSQL is down, too slow, or broke the transaction off: it can be retried.
    """
    try:
        async with transaction() as opened:
            yield opened
    except (OperationalError, InterfaceError) as error:
        raise Unavailable from error


Db = Annotated[AsyncSession, Depends(session, scope="function")]
"""Committed before the response exists; `scope="request"`, FastAPI's default, would commit after it
and answer 200 to a commit that fails."""
