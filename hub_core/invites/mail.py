"""What an invited person gets to read."""

from html import escape

from hub_core.adapters.mail import Mail
from hub_core.invites.tables import InviteRow
from hub_core.meetings.tables import MeetingRow


def invitation(invite: InviteRow, meeting: MeetingRow, inviter: str, app_url: str) -> Mail:
    """The mail. Names and titles are of one line each, and text: so they were taken in."""
    link = f"{app_url}/invites/{invite.id}"
    when = (
        f" It begins on {meeting.scheduled_at:%d %B %Y, %H:%M} UTC." if meeting.scheduled_at else ""
    )
    hint = f"Sign in as {invite.email} to accept or decline."
    return Mail(
        to=_deliverable(invite),
        subject=f"{inviter} invites you to {meeting.title}",
        text=f"{inviter} invites you to “{meeting.title}”.{when}\n\n{link}\n\n{hint}\n",
        html=(
            f"<p>{escape(inviter)} invites you to <b>{escape(meeting.title)}</b>.{when}</p>"
            f'<p><a href="{escape(link)}">{escape(link)}</a></p><p>{escape(hint)}</p>'
        ),
    )


def _deliverable(invite: InviteRow) -> str:
    """The address with its domain in ASCII (IDNA), as SES wants it; its local part as written.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html
    """
    return f"{invite.email.rpartition('@')[0]}@{invite.email_canonical.rpartition('@')[2]}"
