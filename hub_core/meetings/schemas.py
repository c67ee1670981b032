"""Meetings as clients write and read them."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from hub_core.kernel.ids import MeetingId, ParticipantId, UserId
from hub_core.kernel.roles import Role
from hub_core.kernel.values import DisplayName, Draft, Moment, Title, Value
from hub_core.meetings.codes import LONGEST_TYPED
from hub_core.rooms.messages import Optional
from hub_core.rooms.settings import MeetingSettings, SettingsPatch

NAMELESS: Final = "Guest"
"""What a guest is called that gives no name."""
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _text(value: object) -> object:
    """RFC 3339 is text that begins with a date: pydantic takes 5, and "5", for seconds of 1970."""
    if isinstance(value, str) and _DATE.match(value):
        return value
    if value is not None and not isinstance(value, datetime):
        raise ValueError("is not a date and time such as 2026-11-24T09:30:00Z")
    return value


def _in_utc(moment: datetime) -> datetime:
    """In whole milliseconds, as the wire shows them: what was sent is what is read again."""
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies beyond the calendar") from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


ScheduledAt = Annotated[Moment, BeforeValidator(_text), AfterValidator(_in_utc)]
"""When a meeting is to begin; RFC 3339 with an offset."""


class MeetingDraft(Draft):
    """A meeting to be created; everything has a default."""

    title: Title | None = Field(None, description="Left out: `Meeting <code>`.")
    scheduled_at: ScheduledAt | None = None
    settings: SettingsPatch = Field(
        default_factory=SettingsPatch, description="What differs from the defaults."
    )


class MeetingPatch(Draft):
    """Only what changes."""

    title: Title | None = Field(None, description="Null: `Meeting <code>` again.")
    scheduled_at: ScheduledAt | None = Field(None, description="Null: at no certain time.")


class CodeDraft(Draft):
    """A code as somebody typed it."""

    code: str = Field(
        max_length=LONGEST_TYPED,
        description="Upper case, spaces and missing hyphens are fine.",
        examples=["abc-defg-hij", "ABC DEFG HIJ"],
    )


class TicketDraft(Draft):
    """What a guest without an account says of itself. Accounts are called as they are."""

    display_name: DisplayName | None = Field(
        None, description=f"Guests only. Left out: as before, or `{NAMELESS}`."
    )


class Meeting(Value):
    """A meeting."""

    id: MeetingId
    code: str = Field(examples=["abc-defg-hij"])
    title: str
    host_id: UserId
    scheduled_at: Moment | None
    ended_at: Moment | None
    created_at: Moment
    settings: MeetingSettings


class Host(Value):
    """Who holds the meeting, as others see an account."""

    id: UserId
    display_name: str
    avatar_url: str | None


class MeetingParticipant(Value):
    """Somebody who belongs to a meeting: has been let in, holds it, or has accepted an invite."""

    participant_id: ParticipantId
    user_id: UserId | None = Field(description="Null: came without an account.")
    display_name: str
    avatar_url: str | None
    role: Role


class MeetingWithPeople(Meeting):
    """A meeting as its members see it."""

    host: Host
    participants: list[MeetingParticipant]


class ShownMeeting(Value):
    """A meeting, with its people."""

    meeting: MeetingWithPeople


class OneMeeting(Value):
    """A meeting."""

    meeting: Meeting


class Meetings(Value):
    """Meetings, newest first."""

    meetings: list[Meeting]
    next_cursor: str | None


class ShownSettings(Value):
    """The settings of a meeting; `ETag` carries their version."""

    settings: MeetingSettings


class Ban(Value):
    """Somebody who may not come back."""

    participant_id: ParticipantId
    display_name: str
    banned_at: Moment
    by: ParticipantId | None


class Bans(Value):
    """Who may not come back, those who came last first."""

    bans: list[Ban]
    next_cursor: str | None


class ResolvedCode(Value):
    """Which meeting a code is of."""

    meeting_id: MeetingId


class IceServer(Value):
    """`RTCIceServer`, as the browser takes it (W3C WebRTC, §4.2.2)."""

    urls: list[str]
    username: Optional[str] = None
    credential: Optional[str] = None


class RoomTicket(Value):
    """All that a client needs to come into the room. Good for one join."""

    room_token: str
    expires_in: int = Field(description="Seconds.")
    participant_id: ParticipantId
    role: Role
    admission: Literal["admitted", "lobby"] = Field(
        description="`lobby`: `room.join` knocks, and somebody has to answer."
    )
    ws_url: str
    ice_servers: list[IceServer] = Field(description="None while in the lobby.")
