"""Fan-out: a room's entries to everyone in it, by one invocation or, of a big room, by several.

Whoever drains the log hands shares of the people to a queue, posts to the others itself, and goes
on only when all is out. So no two rounds are under way at once, and every connection gets its
frames in order, whichever invocation they come from.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from hub_core.kernel.clock import Clock
from hub_core.kernel.errors import Unavailable
from hub_core.kernel.ids import ConnectionId, MeetingId, Mint
from hub_core.live.answers import Entry
from hub_core.live.outbox import Outbox
from hub_core.live.rounds import Rounds
from hub_core.live.shares import Errand, Share, errands, everyone, shares_for_others
from hub_core.rooms.room import Room

HELP_WITHIN_SEC: Final = 1.0
"""After that, the drainer posts a share itself that nobody has taken, or whose taker died."""
FIRST_PAUSE_SEC: Final = 0.005
LONGEST_PAUSE_SEC: Final = 0.08


class Sender(Protocol):
    """A queue that workers are fed from."""

    async def send(self, body: str) -> None:
        """Put a message into it; raises `Unavailable`."""


@dataclass(frozen=True)
class FanOut:
    """Posts what a drainer has in hand, and the shares that other drainers handed on."""

    outbox: Outbox
    rounds: Rounds
    clock: Clock
    mint: Mint
    queue: Sender | None = None
    """None: one invocation posts to everyone."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def broadcast(
        self, room: Room, entries: Sequence[Entry], token: str
    ) -> frozenset[ConnectionId]:
        """The entries to everyone whom they concern. Answers with the connections that are gone.

        `token` is the drainer's: where it waits for others, it goes on holding the pump.
        """
        frames = everyone(room, entries)
        shares = list(shares_for_others(room, entries, self.mint())) if self.queue else []
        for share in shares:
            for connection_id in (*share.singly, *share.batched):
                del frames[connection_id]
        results = await asyncio.gather(
            self.outbox.broadcast(frames),
            self._by_others(shares, [entry.frame for entry in entries if entry.frame], token),
            return_exceptions=True,  # neither is left alone when the other fails
        )
        gone: frozenset[ConnectionId] = frozenset()
        for result in results:
            if isinstance(result, BaseException):
                raise result
            gone |= result
        return gone

    async def tell(
        self, meeting_id: MeetingId, to: Sequence[ConnectionId], frame: bytes
    ) -> frozenset[ConnectionId]:
        """One frame that is no room event, to many; by others what is too much for one.

        Nobody waits for those: what they find gone, the next room event finds out.
        """
        return await self._spread(errands(meeting_id, self.mint(), frame.decode(), to))

    async def close(self, meeting_id: MeetingId, to: Sequence[ConnectionId]) -> None:
        """The meeting is over for all of these: they are told so, and closed."""
        await self._spread(errands(meeting_id, self.mint(), "", to))

    async def work(self, piece: Share | Errand) -> None:
        """What came from the queue."""
        match piece:
            case Share() as share:
                await self.take(share)
            case Errand() as errand:
                await self._run(errand)

    async def take(self, share: Share) -> None:
        """Post a share that came from the queue, if that has not been done.

        A message may come twice, late, or after its drainer has died: whoever has the claim
        posts, and what is over is left alone.
        """
        frames = await self.rounds.frames(share)
        if frames is not None and await self.rounds.claim(share) == "ours":
            await self._post(share, frames)

    async def _by_others(
        self, shares: Sequence[Share], frames: Sequence[bytes], token: str
    ) -> frozenset[ConnectionId]:
        """Return when every share is out: by a worker, or by us if none did it in time."""
        began = self.clock()
        handed_on = await asyncio.gather(*(self._hand_on(share) for share in shares))
        alone = {share for share, handed in zip(shares, handed_on, strict=True) if not handed}
        gone: frozenset[ConnectionId] = frozenset()
        pending = list(shares)
        pause = FIRST_PAUSE_SEC
        while pending:
            late = (self.clock() - began).total_seconds() > HELP_WITHIN_SEC
            for share in pending if late else alone.intersection(pending):
                match await self.rounds.claim(share):
                    case "ours":
                        await self._post(share, frames)
                    case "over":  # another drainer took the pump, and has everything out
                        pending = [one for one in pending if one is not share]
                    case "taken":
                        pass
            if pending:
                reports = await self.rounds.reports(pending, token)
                gone = gone.union(*reports.values())
                pending = [share for share in pending if share not in reports]
            if pending:
                await self.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SEC)
        return gone

    async def _spread(self, pieces: Sequence[Errand]) -> frozenset[ConnectionId]:
        """Hand on all but the first, and run that and whatever could not be handed on."""
        handed_on = await asyncio.gather(*(self._hand_on(piece) for piece in pieces[1:]))
        # What could not be handed on may be in the queue all the same.
        left = (p for p, ok in zip(pieces[1:], handed_on, strict=True) if not ok)
        gone = [await self._tell(piece) for piece in pieces[:1]]
        return frozenset().union(*gone, *[await self._run(piece) for piece in left])

    async def _run(self, errand: Errand) -> frozenset[ConnectionId]:
        """Do it, if that has not been begun: a message may come twice."""
        if errand.frame and errand.round and not await self.rounds.claim_errand(errand):
            return frozenset()
        return await self._tell(errand)

    async def _tell(self, errand: Errand) -> frozenset[ConnectionId]:
        if errand.frame:
            frame = errand.frame.encode()
            return await self.outbox.broadcast({id_: [frame] for id_ in errand.to})
        await asyncio.gather(*(self.outbox.close(id_, "ended", "none") for id_ in errand.to))
        return frozenset()

    async def _hand_on(self, share: Share | Errand) -> bool:
        if self.queue is None:
            return False
        try:
            async with asyncio.timeout(HELP_WITHIN_SEC):
                await self.queue.send(share.model_dump_json())
        except (Unavailable, TimeoutError):
            return False
        return True

    async def _post(self, share: Share, frames: Sequence[bytes]) -> None:
        await self.rounds.report(share, await self.outbox.broadcast(share.addressed(frames)))
