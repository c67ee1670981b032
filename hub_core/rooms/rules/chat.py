"""Saying something, to everybody or to one."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from hub_core.kernel.errors import MeetingForbidden, PeerGone
from hub_core.kernel.ids import NO_NUL, Addressee, MessageId, ParticipantId
from hub_core.kernel.roles import Role
from hub_core.kernel.values import Moment, Text, Value
from hub_core.rooms.deciding import Now, decides
from hub_core.rooms.messages import Change, Command, Limit, Optional, Reply, Shape, Whisper
from hub_core.rooms.room import Participant, Room

ClientMessageId = Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)]


class SendChat(Command):
    """Say something; with `to`, to one person alone. Stored before it is acknowledged.

    Sent again with the same `clientMsgId`, it is acknowledged again and said once.
    """

    type: ClassVar[str] = "chat.send"
    limits: ClassVar[tuple[Limit, ...]] = (
        Limit("chat", each_ms=1000, at_once=5),
        Limit("room's chat", each_ms=50, at_once=40, per="room"),
    )
    text: Text = Field(min_length=1, max_length=2000)
    client_msg_id: ClientMessageId | None = None
    to: Addressee | None = None

    @property
    def idempotency_key(self) -> str | None:
        """The same message sent again, on whichever connection or session."""
        return None if self.client_msg_id is None else f"chat:{self.client_msg_id}"


class DeleteChat(Command):
    """Take back what you said; as a host, what anybody said. It is erased, also from history."""

    type: ClassVar[str] = "chat.delete"
    id: Addressee


class Erase(Command):
    """`chat.delete` of a message that was found in the journal."""

    type: ClassVar[str] = "(erase)"
    id: MessageId
    author: ParticipantId
    private_to: tuple[ParticipantId, ...] | None
    """The two who know of it, if it was private."""
    erased: bool
    """Whether it is gone already."""


class Sender(Value):
    """Who said it, as it was called then: history is read when people have left."""

    participant_id: ParticipantId
    display_name: str
    avatar_url: str | None
    role: Role


class ChatMessage(Value):
    """What was said."""

    id: MessageId
    participant_id: ParticipantId
    sender: Sender
    text: str
    ts: Moment
    client_msg_id: Optional[str] = None
    to: Optional[ParticipantId] = None
    """To whom alone, if it is private."""


class ChatSent(Change):
    """Somebody said something to everybody."""

    type: ClassVar[str] = "chat.message"
    shape: ClassVar[Shape | None] = ChatMessage
    message: ChatMessage

    def payload(self) -> dict[str, Any]:
        """The message, spread out in the payload."""
        return self.message.model_dump(mode="json", by_alias=True)

    def apply(self, room: Room) -> Room:
        """What is said changes nothing about the room; the log and the journal keep it."""
        return room


class PrivateChat(Whisper):
    """Somebody said something to one person. The two of them get it, and the journal."""

    type: ClassVar[str] = "chat.message"
    shape: ClassVar[Shape | None] = ChatMessage
    message: ChatMessage

    def payload(self) -> dict[str, Any]:
        """The message, spread out in the payload."""
        return self.message.model_dump(mode="json", by_alias=True)


class ChatDeleted(Change):
    """A message was taken back: show it no longer."""

    type: ClassVar[str] = "chat.deleted"
    message_id: MessageId
    by: ParticipantId

    def payload(self) -> dict[str, Any]:
        """`id` is the message's."""
        return {"id": self.message_id, "by": self.by}

    def apply(self, room: Room) -> Room:
        """The room remembers no messages."""
        return room


class PrivateChatDeleted(Whisper):
    """A private message was taken back. The two of them get it, and the journal."""

    type: ClassVar[str] = "chat.deleted"
    message_id: MessageId

    def payload(self) -> dict[str, Any]:
        """`id` is the message's."""
        return {"id": self.message_id, "by": self.actor}


class ChatAcknowledged(Reply):
    """It is stored, under this id and (unless private) this seq."""

    id: MessageId
    seq: Optional[int] = None


@decides()
def send(
    command: SendChat, room: Room, me: Participant, now: Now
) -> Iterator[ChatSent | PrivateChat | ChatAcknowledged]:
    """Where chat is for hosts alone, others may still be spoken to by them."""
    if room.settings.chat == "hosts" and not me.role.may_act_as(Role.COHOST):
        raise MeetingForbidden("Only hosts may write in this meeting's chat.")
    message = ChatMessage(
        id=MessageId(now.mint()),
        participant_id=me.id,
        sender=Sender(
            participant_id=me.id,
            display_name=me.display_name,
            avatar_url=me.avatar_url,
            role=me.role,
        ),
        text=command.text,
        ts=now.at,
        client_msg_id=command.client_msg_id,
    )
    if command.to is None:
        yield ChatSent(id=message.id, message=message)
        yield ChatAcknowledged(id=message.id, seq=room.seq + 1)
        return
    listener = room.people.get(ParticipantId(command.to))
    if listener is None:
        raise PeerGone
    private = message.model_copy(update={"to": listener.id})
    yield PrivateChat(
        to=(me.id, listener.id), id=message.id, at=now.at, actor=me.id, message=private
    )
    yield ChatAcknowledged(id=message.id)


@decides(wire=False)
def erase(
    command: Erase, room: Room, me: Participant, now: Now
) -> Iterator[ChatDeleted | PrivateChatDeleted]:
    """By whoever said it, and by hosts if it was said to everybody."""
    host = me.role.may_act_as(Role.COHOST) and command.private_to is None
    if command.author != me.id and not host:
        raise MeetingForbidden("Only its author and hosts may delete a message.")
    if command.erased:
        return
    if command.private_to is None:
        yield ChatDeleted(message_id=command.id, by=me.id)
    else:
        yield PrivateChatDeleted(
            to=command.private_to, id=now.mint(), at=now.at, actor=me.id, message_id=command.id
        )
