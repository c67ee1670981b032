"""Coming to a meeting by an invite, with the role that it gives."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.accounts.tables import UserRow
from hub_core.invites.answers import addressed
from hub_core.invites.tables import InviteRow, InviteStatus
from hub_core.kernel.errors import InviteAlreadyProcessed, MeetingEnded, MeetingForbidden
from hub_core.kernel.ids import InviteId, MeetingId, Mint, ParticipantId, UserId
from hub_core.kernel.roles import Role
from hub_core.meetings.membership import belongs
from hub_core.meetings.schemas import MeetingParticipant
from hub_core.meetings.service import seen
from hub_core.meetings.tables import MeetingRow, ParticipantRow
from hub_core.meetings.telling import tell_the_room
from hub_core.rooms.policy import Admission


async def accept(
    db: AsyncSession, invite_id: InviteId, user_id: UserId, *, now: datetime, mint: Mint
) -> MeetingParticipant:
    """Come, with the role of the invite or a higher one that one has already.

    Again, it is the same answer. A room that one is in hears of a new role.

    Raises:
        InviteNotFound: there is no such invite, or it is for another address: the same.
        InviteAlreadyProcessed: it was declined.
        MeetingEnded: too late.
        MeetingForbidden: one was banned from the meeting.
    """
    invite, user = await addressed(db, invite_id, user_id)
    match invite.status:
        case InviteStatus.DECLINED:
            raise InviteAlreadyProcessed
        case InviteStatus.ACCEPTED:
            person = await db.get(ParticipantRow, invite.participant_id)
            if person is None or person.user_id != user_id:
                raise InviteAlreadyProcessed
        case InviteStatus.PENDING:
            person = await _come(db, invite, user, now, mint)
            invite.status, invite.participant_id = InviteStatus.ACCEPTED, person.id
            invite.answered_at = now
    if person.role is Role.COHOST:
        place = MeetingId(person.meeting_id), ParticipantId(person.id)
        tell_the_room(db, lambda room: room.role_changed(*place, "cohost"))
    return seen(person, user.avatar_url)


async def _come(
    db: AsyncSession, invite: InviteRow, user: UserRow, now: datetime, mint: Mint
) -> ParticipantRow:
    meeting = await db.get_one(MeetingRow, invite.meeting_id)
    if meeting.ended_at is not None:
        raise MeetingEnded
    await db.execute(
        insert(ParticipantRow)
        .values(
            id=mint(),
            meeting_id=invite.meeting_id,
            user_id=user.id,
            display_name=user.display_name,
            role=Role.GUEST,
            admission=Admission.PENDING,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
    person = await db.scalar(
        select(ParticipantRow)
        .where(ParticipantRow.meeting_id == invite.meeting_id, ParticipantRow.user_id == user.id)
        .with_for_update()
    )
    assert person is not None
    if person.banned_at is not None:
        raise MeetingForbidden("You were banned from this meeting.")
    person.invited = True
    person.role = max(person.role, await _granted(db, invite, person), key=lambda role: role.rank)
    return person


async def _granted(db: AsyncSession, invite: InviteRow, person: ParticipantRow) -> Role:
    """The role of the invite, as far as the inviter has it still.

    None, if the person was put out of the meeting after it was written: that weighs more.
    """
    if person.removed_at is not None and person.removed_at >= invite.created_at:
        return Role.GUEST
    inviters = await db.scalar(
        select(ParticipantRow.role).where(
            ParticipantRow.meeting_id == invite.meeting_id,
            ParticipantRow.user_id == invite.invited_by,
            belongs(),
        )
    )
    return min(invite.role, inviters or Role.GUEST, key=lambda role: role.rank)
