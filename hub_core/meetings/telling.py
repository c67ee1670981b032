"""Telling the live room what was committed about its meeting."""

from collections.abc import Awaitable, Callable

from psycopg import OperationalError
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.adapters.tables import afterwards
from hub_core.kernel.errors import Unavailable
from hub_core.live.control import RoomControl, room_control


def tell_the_room(db: AsyncSession, message: Callable[[RoomControl], Awaitable[None]]) -> None:
    """Have the room told, once `db` is committed: not before it is true.

    If the room cannot be reached, the answer is `server/unavailable` although the change is made:
    whoever sends it again changes nothing more, and the room is told again.
    """

    async def step() -> None:
        try:
            await message(room_control())
        except (RedisError, OperationalError, OSError) as error:
            raise Unavailable from error

    afterwards(db, step)
