"""Everything that is asked outside a room's rules, by name; each request is answered once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from hub_core.adapters.limiter import Charge, Limiter
from hub_core.kernel.errors import HubError, NotJoined, RateLimited, Unavailable
from hub_core.kernel.ids import ConnectionId
from hub_core.kernel.limits import SOCKET_ASKS
from hub_core.live.asks import ASKS, Asker, Told
from hub_core.live.connections import Connections
from hub_core.live.frames import Frame, read_command
from hub_core.live.replies import Replies
from hub_core.live.resumption import ResumeTokens
from hub_core.rooms.messages import Command, Reply, problem_reply

Answer = Callable[[Asker, Command], Awaitable[Reply]]


@dataclass(frozen=True)
class Front:
    """Finds who answers, and sees to it that nobody answers twice."""

    answers: Mapping[str, Answer]
    """By the type of the frame."""
    connections: Connections
    replies: Replies
    limiter: Limiter
    tokens: ResumeTokens

    async def answer(
        self, connection_id: ConnectionId, kind: str, frame: Frame
    ) -> tuple[bytes, ...]:
        """The reply to a frame whose type (`kind`) is in `answers`; the same for the same request.

        It comes last. Before it goes what belongs to it: a roster that needs several frames.

        Raises:
            Invalid: the payload does not fit.
            NotJoined: the connection is gone; nobody will read this.
            RateLimited, Unavailable: try again. These are not kept for a repeated request.
        """
        command = read_command(ASKS[kind].command, frame.payload)

        async def work() -> tuple[bytes, ...]:
            await self._count(connection_id)
            known = await self.connections.find(connection_id)
            if known is None:
                raise NotJoined
            try:
                reply = await self.answers[kind](Asker(connection_id, known), command)
            except (RateLimited, Unavailable):
                raise
            except HubError as refusal:
                return (problem_reply(refusal.problem()),)
            return (*reply.ahead, reply.frame()) if isinstance(reply, Told) else (reply.frame(),)

        *ahead, reply = await self.replies.once(connection_id, frame.request_id, work)
        return *ahead, self.tokens.seal(reply)

    async def _count(self, connection_id: ConnectionId) -> None:
        verdict = await self.limiter.take([Charge(SOCKET_ASKS, connection_id)])
        if verdict and not verdict.allowed:
            raise RateLimited(retry_after_ms=verdict.retry_after_ms)


def answers_of(*desks: object) -> dict[str, Answer]:
    """What these objects answer: their methods that are marked with `answers`."""
    return {
        kind: partial(ask.answer, desk)
        for desk in desks
        for kind, ask in ASKS.items()
        if vars(type(desk)).get(ask.answer.__name__) is ask.answer
    }
