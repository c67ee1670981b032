"""What a sign-in session leaves open when it ends: its sockets."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from psycopg import OperationalError
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.adapters.tables import afterwards
from hub_core.kernel.errors import HubError
from hub_core.live.house import house

logger = logging.getLogger(__name__)

PATIENCE_SEC: Final = 3.0
QUEUE_SEC: Final = 1.0


def hang_up(db: AsyncSession, sign_ins: Sequence[str]) -> None:
    """Have the sockets of these sign-in sessions closed, once `db` is committed.

    The answer does not depend on it: signed out is signed out. What cannot be reached now is left
    to a worker, and asked about when it resumes, joins or signs in the next time.
    """

    async def step() -> None:
        await asyncio.gather(*map(_hang_up, sign_ins))

    if sign_ins:
        afterwards(db, step)


async def _hang_up(sign_in: str) -> None:
    signing_out = house().signing_out
    for how, patience_sec in ((signing_out.over, PATIENCE_SEC), (signing_out.later, QUEUE_SEC)):
        try:
            async with asyncio.timeout(patience_sec):
                await how(sign_in)
        except (HubError, RedisError, OperationalError, OSError) as error:
            logger.warning("sockets were not closed just now: %s", type(error).__name__)
        else:
            return
