"""Who is behind a connection id: message events carry the id alone, so the rest is in Redis."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from redis.asyncio import Redis

from hub_core.kernel.clock import Clock
from hub_core.kernel.ids import ConnectionId, MeetingId, ParticipantId, SessionId, UserId
from hub_core.kernel.values import epoch_ms

KEEP: Final = timedelta(hours=2, minutes=10)
"""API Gateway closes a connection after two hours; the rest is for late `$disconnect`s."""
KEEP_WARM: Final = 4_096
_PLACE: Final = ("meeting", "participant", "session")
MOST_OF_A_SIGN_IN: Final = 100
"""Connections of one sign-in session that are remembered: the newest; others are long gone."""
UNKNOWN: Final = "connections:unknown"
"""Sorted set: connection id → ms at which it is closed unless it has said who it is."""


@dataclass(frozen=True)
class Seat:
    """Where a connection sits: who, in which room. Whether it still does, the room tells."""

    meeting_id: MeetingId
    participant_id: ParticipantId
    session_id: SessionId


@dataclass(frozen=True)
class Connection:
    """What is known of a connection beside its id."""

    user_id: UserId | None
    seat: Seat | None
    sign_in: str | None = None
    """The sign-in session that it has shown."""
    batch: bool = False
    """Whether its client takes several frames in one."""


@dataclass(frozen=True)
class Connections:
    """The records, and this container's memory of those that sit in a room."""

    redis: Redis
    clock: Clock
    auth_timeout: timedelta
    _seats: "OrderedDict[ConnectionId, Seat]" = field(default_factory=OrderedDict)

    async def opened(self, connection_id: ConnectionId) -> None:
        """`$connect`. A tombstone stays: the `$disconnect` may have been here first."""
        now = self.clock()
        deadline = epoch_ms(now + self.auth_timeout)
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.hset(_key(connection_id), "at", epoch_ms(now))
            pipe.expire(_key(connection_id), KEEP)
            pipe.zadd(UNKNOWN, {connection_id: deadline})
            await pipe.execute()

    async def find(self, connection_id: ConnectionId) -> Connection | None:
        """The record; None if the connection is gone.

        One without a record is as good as new: Redis may have lost it.
        """
        names = ("gone", "user", "sign_in", "batch", *_PLACE)
        values = await self.redis.hmget(_key(connection_id), names)
        gone, user, sign_in, batch, *place = map(_text, values)
        if gone:
            return None
        seat = _seat(place)
        if seat is not None:
            self._remember(connection_id, seat)
        return Connection(UserId(user) if user else None, seat, sign_in or None, bool(batch))

    def remembered(self, connection_id: ConnectionId) -> Seat | None:
        """The seat, if this container has seen it; it may be out of date."""
        return self._seats.get(connection_id)

    async def authenticated(
        self, connection_id: ConnectionId, user_id: UserId, sign_in: str, *, batch: bool
    ) -> None:
        """It has said who it is: it may stay."""
        fields: dict[Any, Any] = {
            "user": user_id,
            "sign_in": sign_in,
            "batch": "1" if batch else "",
        }
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.hset(_key(connection_id), mapping=fields)
            pipe.expire(_key(connection_id), KEEP)
            pipe.zrem(UNKNOWN, connection_id)
            await pipe.execute()

    async def belongs(self, connection_id: ConnectionId, sign_in: str) -> None:
        """It is of this sign-in session, and goes with it."""
        key = _sign_in_key(sign_in)
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.zadd(key, {connection_id: epoch_ms(self.clock())})
            pipe.zremrangebyrank(key, 0, -MOST_OF_A_SIGN_IN - 1)
            pipe.expire(key, KEEP)
            await pipe.execute()

    async def of_sign_in(self, sign_in: str) -> list[ConnectionId]:
        """The newest connections of a sign-in session, among them some that are gone."""
        ids = await self.redis.zrange(_sign_in_key(sign_in), 0, -1)
        return [ConnectionId(_text(id_)) for id_ in ids]

    async def last_seat(self, connection_id: ConnectionId) -> tuple[Seat | None, bool]:
        """Where it sits, or sat when it went; and whether it is gone."""
        gone, *place = map(_text, await self.redis.hmget(_key(connection_id), ("gone", *_PLACE)))
        return _seat(place), bool(gone)

    async def seated(self, connection_id: ConnectionId, seat: Seat) -> bool:
        """It has joined a room. False if it is gone meanwhile.

        Written and asked in one step, as `gone` is: of a join and a `$disconnect` that cross, one
        sees the other.
        """
        fields: dict[Any, Any] = {
            "meeting": seat.meeting_id,
            "participant": seat.participant_id,
            "session": seat.session_id,
        }
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.hset(_key(connection_id), mapping=fields)
            pipe.expire(_key(connection_id), KEEP)
            pipe.hexists(_key(connection_id), "gone")
            *_, gone = await pipe.execute()
        await self.redis.zrem(UNKNOWN, connection_id)
        self._remember(connection_id, seat)
        return not gone

    async def spend(self, ticket: str, keep: timedelta, nonce: str) -> bool:
        """Take note of a room token (its `jti`) for so long; False if it was shown before.

        By somebody else: the client of Redis asks again if no answer comes, and finds its `nonce`.
        """
        key = _ticket_key(ticket)
        if await self.redis.set(key, nonce, nx=True, ex=keep):
            return True
        return _text(await self.redis.get(key)) == nonce

    async def give_back(self, ticket: str) -> None:
        """It has led nowhere, and may be shown again."""
        await self.redis.delete(_ticket_key(ticket))

    async def unseated(self, connection_id: ConnectionId) -> None:
        """It has left the room, and stays open: it may join another one."""
        self.forget(connection_id)
        await self.redis.hdel(_key(connection_id), *_PLACE)

    async def gone(self, connection_id: ConnectionId) -> Seat | None:
        """`$disconnect`, or a 410: leave a tombstone. Where it sat, if it did."""
        self.forget(connection_id)
        key = _key(connection_id)
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.hset(key, "gone", 1)
            pipe.expire(key, KEEP)
            pipe.hmget(key, _PLACE)
            *_, place = await pipe.execute()
        await self.redis.zrem(UNKNOWN, connection_id)
        return _seat(list(map(_text, place)))

    async def overdue(self, now: datetime) -> list[ConnectionId]:
        """Those that should have said by now who they are, until they are `turned_out`."""
        ids = await self.redis.zrangebyscore(UNKNOWN, "-inf", epoch_ms(now), start=0, num=500)
        return [ConnectionId(_text(id_)) for id_ in ids]

    async def turned_out(self, connection_ids: Sequence[ConnectionId]) -> None:
        """They are closed, and waited for no longer."""
        await self.redis.zrem(UNKNOWN, *connection_ids)

    def forget(self, connection_id: ConnectionId) -> None:
        """Drop the container's memory of a seat."""
        self._seats.pop(connection_id, None)

    def _remember(self, connection_id: ConnectionId, seat: Seat) -> None:
        self._seats[connection_id] = seat
        self._seats.move_to_end(connection_id)
        while len(self._seats) > KEEP_WARM:
            self._seats.popitem(last=False)


def _seat(place: Sequence[str]) -> Seat | None:
    meeting, participant, session = place
    if not meeting:
        return None
    return Seat(MeetingId(meeting), ParticipantId(participant), SessionId(session))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else ""


def _sign_in_key(sign_in: str) -> str:
    return f"sign-in:{{{sign_in}}}"


def _ticket_key(ticket: str) -> str:
    return f"ticket:{{{ticket}}}"


def _key(connection_id: ConnectionId) -> str:
    return f"connection:{{{connection_id}}}"
