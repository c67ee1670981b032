"""The door of the sockets: API Gateway's events in, frames out, and every way of failing between.

A reply does not go back as the function's result (the route is one-way) but through the management
API like any other frame. Whatever happens, the function ends well: of a function that fails, the
client would learn in API Gateway's words and not in ours.
"""

import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from zlib import crc32

from hub_core.adapters.defects import log_defect
from hub_core.adapters.gateway import Delivery
from hub_core.kernel.clock import Clock
from hub_core.kernel.errors import (
    HubError,
    InternalError,
    Malformed,
    NotJoined,
    TooLarge,
    Unavailable,
    UnknownType,
)
from hub_core.kernel.ids import ConnectionId, MeetingId
from hub_core.kernel.values import from_ms
from hub_core.live.connections import Connections, Seat
from hub_core.live.dispatch import Dispatch, Handled, sitting
from hub_core.live.frames import LARGEST_FRAME, Frame, read_command, read_frame, refusal
from hub_core.live.front import Front
from hub_core.live.outages import DOWN
from hub_core.live.outbox import Outbox
from hub_core.live.partings import ConnectionExpiring
from hub_core.live.replies import Replies
from hub_core.rooms.messages import Command, answering
from hub_core.rooms.rulebook import COMMANDS
from hub_core.rooms.rules.presence import Ping, Pong

logger = logging.getLogger(__name__)

Event = Mapping[str, Any]
_ACK: Final = b'{"type":"ack"'


@dataclass(frozen=True)
class Socket:
    """Handles the three events of a connection."""

    connections: Connections
    dispatch: Dispatch
    front: Front
    replies: Replies
    outbox: Outbox
    clock: Clock
    origins: tuple[str, ...]
    """Where browsers may come from; empty: from anywhere, as no cookie is ever read here."""
    lifetime: timedelta
    """How long API Gateway lets a connection live."""

    async def connect(self, event: Event) -> int:
        """`$connect`: the status of the handshake."""
        if event["requestContext"]["eventType"] != "CONNECT":
            return 400
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        origin = headers.get("origin")
        if self.origins and origin is not None and origin not in self.origins:
            return 403
        try:
            await self.connections.opened(_connection_id(event))
        except DOWN:
            return 503
        return 200

    async def disconnect(self, event: Event) -> None:
        """`$disconnect`: at most once, perhaps late, perhaps before `$connect` has finished."""
        if event["requestContext"]["eventType"] == "DISCONNECT":
            try:
                await self.dispatch.dropped(_connection_id(event))
            except (HubError, *DOWN) as error:
                logger.warning("a $disconnect was left to the sweep: %s", type(error).__name__)

    async def message(self, event: Event) -> None:
        """A frame: exactly one reply if it has a `requestId`, and nothing if it asks for none."""
        context = event["requestContext"]
        if context["eventType"] != "MESSAGE":
            return
        connection_id = _connection_id(event)
        frame, over = Frame("", None, None), None
        try:
            frame = _frame(event)
            frames, over = await self._answer(connection_id, frame)
        except HubError as error:
            frames = [refusal(frame.request_id, error, context["requestId"])]
        except DOWN as error:
            logger.warning("%s: %s", context["requestId"], type(error).__name__)
            frames = [refusal(frame.request_id, Unavailable(), context["requestId"])]
        except Exception as error:  # noqa: BLE001 (the door: a defect is logged and answered here)
            log_defect(error, context["requestId"], frame=(frame.kind or "")[:64])
            frames = [refusal(frame.request_id, InternalError(), context["requestId"])]
        if frame.kind == Ping.type and (warning := self._expiring(context)):
            frames.append(warning)
        how = await self.outbox.send(connection_id, *frames)
        await self._afterwards((connection_id,) if how is Delivery.GONE else (), over)

    async def _answer(
        self, connection_id: ConnectionId, frame: Frame
    ) -> tuple[list[bytes], MeetingId | None]:
        """The reply, if any, after what belongs to it; and the meeting, if this has ended it."""
        over = None
        if frame.kind is None:
            raise Malformed
        if frame.kind in self.front.answers:
            *ahead, reply = await self.front.answer(connection_id, frame.kind, frame)
        elif frame.kind in COMMANDS:
            command = read_command(COMMANDS[frame.kind], frame.payload)
            (*ahead, reply), over = await self._in_room(connection_id, frame.request_id, command)
        else:
            raise UnknownType
        if frame.request_id is None and reply.startswith(_ACK):
            return ahead, over
        return [*ahead, answering(frame.request_id, reply)], over

    async def _in_room(
        self, connection_id: ConnectionId, request_id: str | None, command: Command
    ) -> tuple[tuple[bytes, ...], MeetingId | None]:
        try:
            seat, handled = await self._from_its_seat(connection_id, request_id, command)
        except NotJoined:
            self.connections.forget(connection_id)
            if isinstance(command, Ping):
                return (Pong(server_time=self.clock()).frame(),), None
            earlier = await self._earlier(connection_id, request_id)
            if earlier is None:
                raise
            return earlier, None
        room = handled.room
        if seat.participant_id not in room.people and seat.participant_id not in room.lobby:
            await self.replies.keep(connection_id, request_id, handled.reply)
            await self.connections.unseated(connection_id)
        elif isinstance(command, Ping) and handled.mail:
            await self._hand_out_mail(connection_id, seat)
        return (handled.reply,), room.meeting_id if room.ended_at else None

    async def _hand_out_mail(self, connection_id: ConnectionId, seat: Seat) -> None:
        """What somebody who was here all the time could not be told when it was said."""
        rooms = self.dispatch.rooms
        mails = await rooms.collect_mail(seat.meeting_id, seat.session_id, self.dispatch.mint())
        if mails and await self.outbox.send(connection_id, *mails) is not Delivery.DELIVERED:
            await rooms.leave_mail(seat.meeting_id, [seat.session_id], *mails)

    async def _from_its_seat(
        self, connection_id: ConnectionId, request_id: str | None, command: Command
    ) -> tuple[Seat, Handled]:
        """What came of it, where the connection sits: not always where it is remembered to.

        It may have sat down anew by way of another container; the record tells.
        """
        remembered = self.connections.remembered(connection_id)
        if remembered is not None:
            with suppress(NotJoined):
                return remembered, await self._asked(remembered, connection_id, request_id, command)
        connection = await self.connections.find(connection_id)
        if connection is None or connection.seat in {None, remembered}:
            raise NotJoined
        seat = connection.seat
        assert seat is not None
        return seat, await self._asked(seat, connection_id, request_id, command)

    async def _asked(
        self, seat: Seat, connection_id: ConnectionId, request_id: str | None, command: Command
    ) -> Handled:
        return await self.dispatch.handle(
            seat.meeting_id,
            sitting(seat, connection_id),
            command,
            request_id=request_id,
            sign_of_life=True,
        )

    async def _earlier(
        self, connection_id: ConnectionId, request_id: str | None
    ) -> tuple[bytes, ...] | None:
        """How this request was answered, if it was what led out of the room.

        If that goes out just now, or whoever did it has died over it, the room alone knows.
        """
        earlier = await self.replies.earlier(connection_id, request_id)
        if earlier is not None or request_id is None:
            return earlier
        connection = await self.connections.find(connection_id)
        if connection is None or (seat := connection.seat) is None:
            return None
        rooms = self.dispatch.rooms
        reply = await rooms.kept_reply(seat.meeting_id, seat.session_id, request_id)
        if not reply:
            return None
        await self.dispatch.drained(seat.meeting_id)
        return (reply,)

    def _expiring(self, context: Mapping[str, Any]) -> bytes | None:
        """A word with each pong in a connection's last minutes; not to all at the same minute.

        The last twelfth of its life, give or take a twenty-fourth, by its id: ten minutes of two
        hours, give or take five.
        """
        left = self.lifetime - (self.clock() - from_ms(context["connectedAt"]))
        jitter = crc32(context["connectionId"].encode()) / 2**31 - 1
        if left > self.lifetime / 12 + self.lifetime / 24 * jitter:
            return None
        left_ms = max(0, round(left.total_seconds() * 1000))
        return ConnectionExpiring(reconnect_within_ms=left_ms).frame()

    async def _afterwards(self, gone: Iterable[ConnectionId], over: MeetingId | None) -> None:
        """What follows when the reply is out. The sweep does it if this does not."""
        try:
            for connection_id in gone:
                await self.dispatch.dropped(connection_id)
            if over is not None:
                await self.dispatch.disbanded(over)
        except (HubError, *DOWN) as error:
            logger.warning("left to the sweep: %s", type(error).__name__)
        except Exception as error:  # noqa: BLE001 (the reply is out: there is nobody to tell)
            log_defect(error, None, after="the reply")


def _frame(event: Event) -> Frame:
    body = event.get("body") or ""
    if len(body.encode(errors="surrogatepass")) > LARGEST_FRAME:
        raise TooLarge("A frame has at most 32 KB.")
    return read_frame("" if event.get("isBase64Encoded") else body)


def _connection_id(event: Event) -> ConnectionId:
    return ConnectionId(event["requestContext"]["connectionId"])
