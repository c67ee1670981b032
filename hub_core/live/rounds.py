"""Rounds of the pump in Redis: whose share is taken, what came of it, and what is to be posted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Literal

import orjson
from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from hub_core.kernel.ids import ConnectionId
from hub_core.live.keys import Keys
from hub_core.live.shares import Errand, Share
from hub_core.live.store import HOLD_PUMP

HOLD_SHARE: Final = timedelta(seconds=1)
"""After that, whoever has taken a share is thought dead. It may only be slow: then some frames come
twice, and clients drop them by `seq`."""
KEEP_CLAIM: Final = timedelta(minutes=6)
"""Longer than the queue keeps a message: see `FanOutQueue` in template.yaml."""
KEEP_REPORT: Final = timedelta(minutes=1)

Claim = Literal["ours", "taken", "over"]


@dataclass(frozen=True)
class Rounds:
    """What the drainer of a room and those who post for it tell one another."""

    redis: Redis
    _scripts: dict[str, AsyncScript] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the scripts."""
        for name in ("claim", "look"):
            text = Path(__file__).with_name(f"{name}.lua").read_text()
            self._scripts[name] = self.redis.register_script(text)

    async def claim(self, share: Share) -> Claim:
        """Take a share; 'over' if everyone has been told by now, or the room is another."""
        keys = Keys(share.meeting_id)
        answer: Any = await self._scripts["claim"](
            keys=[keys.head, keys.share(share.round, share.number)],
            args=[share.epoch, share.last, _ms(HOLD_SHARE)],
        )
        claim: Claim = answer.decode()
        return claim

    async def claim_errand(self, errand: Errand) -> bool:
        """Take an errand, once and for all: nobody waits for it, so nobody does it in our place."""
        key = Keys(errand.meeting_id).share(errand.round, errand.number)
        return bool(await self.redis.set(key, "", nx=True, ex=KEEP_CLAIM))

    async def report(self, share: Share, gone: Iterable[ConnectionId]) -> None:
        """It is posted; these connections turned out to be gone."""
        key = Keys(share.meeting_id).share(share.round, share.number)
        await self.redis.set(key, orjson.dumps(sorted(gone)), ex=KEEP_REPORT)

    async def reports(
        self, shares: Sequence[Share], token: str
    ) -> dict[Share, frozenset[ConnectionId]]:
        """Those of the shares that are posted, and who was gone. The pump is held anew."""
        keys = Keys(shares[0].meeting_id)
        answer: list[Any] = await self._scripts["look"](
            keys=[keys.pump, *(keys.share(one.round, one.number) for one in shares)],
            args=[token, _ms(HOLD_PUMP)],
        )
        return {
            share: frozenset(map(ConnectionId, orjson.loads(report)))
            for share, report in zip(shares, answer, strict=True)
            if report
        }

    async def frames(self, share: Share) -> list[bytes] | None:
        """What it is about, from the room's log; None if something of it is not there."""
        log = Keys(share.meeting_id).log
        found: Any = await self.redis.xrange(log, share.first, share.last)
        frames = [fields[b"f"] for _, fields in found if fields[b"f"]]
        return frames if len(frames) == share.frames else None


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
