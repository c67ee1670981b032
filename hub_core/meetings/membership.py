"""Who belongs to a meeting, and may ask about it over REST."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.kernel.errors import MeetingForbidden, MeetingNotFound
from hub_core.kernel.ids import MeetingId, UserId
from hub_core.kernel.roles import Role
from hub_core.meetings.tables import MeetingRow, ParticipantRow
from hub_core.rooms.policy import Admission, Visitor


@dataclass(frozen=True)
class Member:
    """An account in a meeting that it belongs to."""

    meeting: MeetingRow
    person: ParticipantRow


async def member(
    db: AsyncSession,
    meeting_id: MeetingId,
    user_id: UserId,
    *,
    at_least: Role = Role.GUEST,
    lock: bool = False,
) -> Member:
    """The caller as a member; with `lock`, the meeting's row is ours until the request ends.

    Raises:
        MeetingNotFound: there is no such meeting, or it is nothing to this account: the same.
        MeetingForbidden: a member, but of too low a role.
    """
    query = (
        select(MeetingRow, ParticipantRow)
        .join(ParticipantRow, ParticipantRow.meeting_id == MeetingRow.id)
        .where(MeetingRow.id == meeting_id, ParticipantRow.user_id == user_id, belongs())
    )
    if lock:
        # FOR NO KEY UPDATE: who refers to the row (a participant, the journal) need not wait.
        query = query.with_for_update(of=MeetingRow, key_share=True)
    found = (await db.execute(query)).one_or_none()
    if found is None:
        raise MeetingNotFound
    meeting, person = found
    if not person.role.may_act_as(at_least):
        raise MeetingForbidden
    return Member(meeting, person)


def belongs() -> ColumnElement[bool]:
    """Whether a participant is a member: holds the meeting, was let in, or accepted an invite.

    A ticket alone makes nobody a member: whoever has the code gets one, and what was said in a
    meeting is for those who have been seen in it. Who was put out is a stranger again.
    """
    return and_(
        ParticipantRow.banned_at.is_(None),
        ParticipantRow.admission != Admission.REMOVED,
        or_(
            ParticipantRow.admission == Admission.ADMITTED,
            ParticipantRow.role != Role.GUEST,
            ParticipantRow.invited,
        ),
    )


def visitor(person: ParticipantRow) -> Visitor:
    """A participant, as the door sees it."""
    return Visitor(
        role=person.role,
        has_account=person.user_id is not None,
        invited=person.invited,
        admission=person.admission,
        decided_at=person.decided_at,
        banned=person.banned_at is not None,
    )
