"""Signs of life on a connection, and what they tell."""

import asyncio
from typing import Protocol
from uuid import uuid4

from local.client.frames import Frame, Refused
from local.client.log import RoomLog
from local.client.wire import ConnectionLost, Wire


class _Client(Protocol):
    wire: Wire | None
    log: RoomLog

    async def ask(self, frame: Frame, wire: Wire | None = None) -> Frame: ...

    async def sync(self) -> Frame: ...


async def beat(client: _Client, wire: Wire, every: float, within: float) -> None:
    """Ping as long as this is the connection in use; cut it if it is dead, which nobody may say.

    `pong` tells how far the room is: what was missed without a trace is asked for.
    """
    name, number = uuid4().hex[:12], 0
    while client.wire is wire and wire.close_code is None:
        await asyncio.sleep(every)
        number += 1
        try:
            async with asyncio.timeout(within):
                pong = await client.ask(Frame("ping", {}, f"{name}-{number}"), wire)
            here = pong.payload.get("epoch") == client.log.epoch
            if here and pong.payload.get("headSeq", 0) > client.log.seq:
                await client.sync()
        except TimeoutError:
            wire.cut()
        except (ConnectionLost, Refused):
            pass  # it is gone, or will be told again
