"""Invites as clients write and read them."""

from typing import Literal

from pydantic import Field

from hub_core.accounts.email import Email
from hub_core.invites.tables import InviteStatus
from hub_core.kernel.ids import InviteId, MeetingId
from hub_core.kernel.values import Draft, Moment, Value
from hub_core.meetings.schemas import MeetingParticipant

InvitedRole = Literal["cohost", "guest"]


class InviteDraft(Draft):
    """Somebody to be asked."""

    email: Email
    role: InvitedRole = "guest"


class Invite(Value):
    """One address, asked into one meeting."""

    id: InviteId
    meeting_id: MeetingId
    email: str
    role: InvitedRole
    status: InviteStatus
    created_at: Moment


class Invites(Value):
    """Who was asked, those asked last first."""

    invites: list[Invite]
    next_cursor: str | None


class AcceptedInvite(Value):
    """Who one is in the meeting now."""

    participant: MeetingParticipant = Field(description="Yourself.")
