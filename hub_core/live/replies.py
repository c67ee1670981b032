"""One reply to one request: what a connection asked before it has a session is answered once.

In a room the commit itself keeps the replies (`commit.lua`). Here are those of the entrance, where
API Gateway may well run the same frame twice at the same time: the second one waits.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

from hub_core.kernel.errors import Unavailable
from hub_core.kernel.ids import ConnectionId
from hub_core.live.store import KEEP_REPLY

UNDER_WAY: Final = b""
LONGEST_WORK_MS: Final = 4_000
"""After this long without an answer the work is taken for dead, and is done again: whatever is
asked here may be done twice, and comes to the same."""
PAUSE_SEC: Final = 0.02


@dataclass(frozen=True)
class Replies:
    """The replies to a connection's requests, each with the frames that go before it."""

    redis: Redis
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def once(
        self,
        connection_id: ConnectionId,
        request_id: str | None,
        work: Callable[[], Awaitable[tuple[bytes, ...]]],
    ) -> tuple[bytes, ...]:
        """The reply: made by `work`, or the one that was made for this request before.

        Raises:
            Unavailable: the same request is being worked on, and that takes too long.
        """
        if request_id is None:
            return await work()
        key = f"answer:{{{connection_id}}}:{request_id}"
        waited = 0.0
        while not await self.redis.set(key, UNDER_WAY, nx=True, px=LONGEST_WORK_MS):
            if earlier := await self.redis.get(key):
                return _unpacked(earlier)
            if waited * 1000 > LONGEST_WORK_MS:
                raise Unavailable
            await self.sleep(PAUSE_SEC)
            waited += PAUSE_SEC
        try:
            reply = await work()
        except BaseException:
            await self.redis.delete(key)
            raise
        await self.redis.set(key, _packed(reply), ex=KEEP_REPLY)
        return reply

    async def earlier(
        self, connection_id: ConnectionId, request_id: str | None
    ) -> tuple[bytes, ...] | None:
        """The reply that was made for this request before, if it was."""
        if request_id is None:
            return None
        found = await self.redis.get(f"answer:{{{connection_id}}}:{request_id}")
        return _unpacked(found) if found else None

    async def keep(self, connection_id: ConnectionId, request_id: str | None, reply: bytes) -> None:
        """Keep a reply beyond the session that it was made in: `room.left`."""
        if request_id is not None:
            key = f"answer:{{{connection_id}}}:{request_id}"
            await self.redis.set(key, _packed([reply]), ex=KEEP_REPLY)


def _packed(frames: Sequence[bytes]) -> bytes:
    """One frame a line, as JSON has no bare line breaks; the roster of a thousand is 350 KB."""
    return zlib.compress(b"\n".join(frames), 1)


def _unpacked(packed: Any) -> tuple[bytes, ...]:
    return tuple(zlib.decompress(packed).split(b"\n"))
