"""Who joins straight away, who knocks, and who is refused: the one policy of a meeting's door."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Final

from hub_core.kernel.errors import (
    HubError,
    LobbyRejected,
    MeetingEnded,
    MeetingForbidden,
    MeetingLocked,
)
from hub_core.kernel.roles import Role
from hub_core.rooms.settings import MeetingSettings

KNOCK_AGAIN_AFTER: Final = timedelta(seconds=60)
"""How long someone who was turned away waits before knocking again."""


class Admission(StrEnum):
    """What was decided about a participant so far; `participants.admission` in PostgreSQL."""

    PENDING = "pending"
    """Nothing: the meeting's settings decide at every try."""
    WAITING = "waiting"
    """In the lobby."""
    ADMITTED = "admitted"
    """Has been let in, by a host or by the settings: comes back without asking."""
    REJECTED = "rejected"
    """Turned away at the lobby: knocks again after `KNOCK_AGAIN_AFTER`."""
    REMOVED = "removed"
    """Put out of the room: knocks, whatever the settings say."""


@dataclass(frozen=True)
class Visitor:
    """Who stands at the door, as far as the door cares."""

    role: Role = Role.GUEST
    has_account: bool = False
    invited: bool = False
    """Has accepted an invite to this meeting."""
    admission: Admission = Admission.PENDING
    decided_at: datetime | None = None
    """When `admission` was decided; matters to the rejected."""
    banned: bool = False


class Entry(Enum):
    """How someone gets in."""

    JOINS = "admitted"
    KNOCKS = "lobby"


@dataclass(frozen=True)
class Refused:
    """Nobody is asked: this is the answer."""

    error: HubError


def entry(
    settings: MeetingSettings, visitor: Visitor, *, ended: bool, now: datetime
) -> Entry | Refused:
    """Whether the visitor joins, knocks or is refused, and why (the wire contract, §2 and §8).

    A removal weighs more than a role, an invite or an earlier admission: only the host, whom
    nobody can remove, is exempt. A lock holds for those who have not been in.
    """
    if ended:
        return Refused(MeetingEnded())
    if visitor.role is Role.HOST:
        return Entry.JOINS
    if refusal := _refusal(settings, visitor, now):
        return Refused(refusal)
    return Entry.JOINS if _walks_in(settings, visitor) else Entry.KNOCKS


def _refusal(settings: MeetingSettings, visitor: Visitor, now: datetime) -> HubError | None:
    if visitor.banned:
        return MeetingForbidden("You were banned from this meeting.")
    if not settings.allow_guests and not visitor.has_account:
        return MeetingForbidden("Sign in to join this meeting.")
    if settings.locked and not _belongs(visitor):
        return MeetingLocked()
    if visitor.admission is Admission.REJECTED and visitor.decided_at:
        wait = visitor.decided_at + KNOCK_AGAIN_AFTER - now
        if wait > timedelta(0):
            return LobbyRejected(retry_after_ms=wait // timedelta(milliseconds=1))
    return None


def _belongs(visitor: Visitor) -> bool:
    """Has been in and was not put out, or is one of the hosts."""
    match visitor.admission:
        case Admission.ADMITTED:
            return True
        case Admission.REMOVED:
            return False
        case Admission.PENDING | Admission.WAITING | Admission.REJECTED:
            return visitor.role is not Role.GUEST


def _walks_in(settings: MeetingSettings, visitor: Visitor) -> bool:
    if _belongs(visitor):
        return True
    if visitor.admission in {Admission.REJECTED, Admission.REMOVED}:
        return False
    return visitor.invited or (not settings.lobby and _is_open_to(settings, visitor))


def _is_open_to(settings: MeetingSettings, visitor: Visitor) -> bool:
    match settings.access_type:
        case "open":
            return True
        case "trusted":
            return visitor.has_account
        case "restricted":
            return False
