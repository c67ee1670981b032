"""What a host changes about a meeting: its title and time, its settings, its end."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.kernel.errors import MeetingEnded, SettingsVersionConflict
from hub_core.kernel.ids import MeetingId, UserId
from hub_core.kernel.roles import Role
from hub_core.meetings.membership import member
from hub_core.meetings.schemas import Meeting, MeetingPatch
from hub_core.meetings.service import default_title, patched, settings_of, shown, stored
from hub_core.meetings.tables import MeetingRow
from hub_core.meetings.telling import tell_the_room
from hub_core.rooms.settings import MeetingSettings, SettingsPatch


async def change(
    db: AsyncSession, meeting_id: MeetingId, user_id: UserId, patch: MeetingPatch
) -> Meeting:
    """Change what the patch names.

    Raises:
        MeetingNotFound: there is no such meeting, or it is nothing to this account.
        MeetingForbidden: it is not the host's.
        MeetingEnded: there is nothing to change any more.
    """
    meeting = await _running(db, meeting_id, user_id)
    if "title" in patch.model_fields_set:
        meeting.title = patch.title or default_title(meeting.code)
    if "scheduled_at" in patch.model_fields_set:
        meeting.scheduled_at = patch.scheduled_at
    return shown(meeting)


async def read_settings(
    db: AsyncSession, meeting_id: MeetingId, user_id: UserId
) -> MeetingSettings:
    """The settings, for a member.

    Raises:
        MeetingNotFound: there is no such meeting, or it is nothing to this account.
    """
    return settings_of((await member(db, meeting_id, user_id)).meeting)


async def change_settings(
    db: AsyncSession,
    meeting_id: MeetingId,
    user_id: UserId,
    patch: SettingsPatch,
    expected: frozenset[int] | None,
) -> MeetingSettings:
    """Change what the patch names, if the version is one of those expected; tell the room.

    What changes nothing makes no new version, and the room is told all the same: it may have missed
    it the first time.

    Raises:
        MeetingNotFound: there is no such meeting, or it is nothing to this account.
        MeetingForbidden: it is not the host's.
        MeetingEnded: there is nothing to change any more.
        SettingsVersionConflict: somebody else was quicker.
    """
    meeting = await _running(db, meeting_id, user_id)
    settings = settings_of(meeting)
    if expected is not None and settings.version not in expected:
        raise SettingsVersionConflict
    wanted = patched(settings, patch)
    if wanted != settings:
        settings = wanted.model_copy(update={"version": settings.version + 1})
        meeting.settings, meeting.settings_version = stored(settings), settings.version
    tell_the_room(db, lambda room: room.settings_changed(meeting_id))
    return settings


async def end(db: AsyncSession, meeting_id: MeetingId, user_id: UserId, now: datetime) -> Meeting:
    """End the meeting for everyone, and its room. Once: the second time it has ended already.

    Raises:
        MeetingNotFound: there is no such meeting, or it is nothing to this account.
        MeetingForbidden: it is not the host's.
    """
    meeting = (await member(db, meeting_id, user_id, at_least=Role.HOST, lock=True)).meeting
    meeting.ended_at = meeting.ended_at or now
    tell_the_room(db, lambda room: room.end(meeting_id))
    return shown(meeting)


async def _running(db: AsyncSession, meeting_id: MeetingId, user_id: UserId) -> MeetingRow:
    meeting = (await member(db, meeting_id, user_id, at_least=Role.HOST, lock=True)).meeting
    if meeting.ended_at is not None:
        raise MeetingEnded
    return meeting
