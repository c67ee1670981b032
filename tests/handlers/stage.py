"""Two meetings and everyone who can stand in some relation to one of them."""

from dataclasses import dataclass
from typing import Any, Final

from hub_core.adapters.settings import settings
from hub_core.adapters.tokens import RoomClaims, room_tokens
from hub_core.kernel.clock import utc_now
from hub_core.kernel.ids import MeetingId, ParticipantId, new_id
from hub_core.kernel.roles import Role
from tests.meetings.people import World

ROLES: Final = (
    *("anonymous", "guest", "stranger", "participant"),
    *("cohost", "host", "kicked", "banned"),
)
"""Who may call. All but the first two have an account; the guest has a room token of the one
meeting, and so has everybody else their part in that one. To the other all are strangers."""

_PARTS: Final = {
    "guest": ("guest", "admitted", False),
    "participant": ("guest", "admitted", False),
    "cohost": ("cohost", "admitted", False),
    "host": ("host", "admitted", False),
    "kicked": ("guest", "removed", False),
    "banned": ("guest", "removed", True),
}
"""Role, admission, ban."""


@dataclass(frozen=True)
class Place:
    """A meeting with what can be named in a path or body."""

    meeting_id: str
    code: str
    banned_id: str
    """The participant who was banned."""
    invite_ids: dict[str, str]
    """A pending invite for each who can be asked; `somebody` is none of them."""
    session_ids: dict[str, str]
    """A sign-in session for each who has an account; `somebody` is none of them."""


@dataclass(frozen=True)
class Stage:
    """Where the table of rights is played."""

    tokens: dict[str, str | None]
    """What each shows as Bearer."""
    own: Place
    other: Place


def a_stage(world: World) -> Stage:
    """Everything anew."""
    accounts = {role: world.account(role, email=f"{new_id()}@example.com") for role in ROLES[2:]}
    elsewhere = world.account("elsewhere", email=f"{new_id()}@example.com")
    own = _place(world, accounts["host"].id)
    other = _place(world, elsewhere.id)
    ids = {
        role: _participant(world, own["id"], accounts[role].id if role in accounts else None, part)
        for role, part in _PARTS.items()
    }
    _participant(world, other["id"], elsewhere.id, _PARTS["host"])
    banned_there = _participant(world, other["id"], None, _PARTS["banned"])
    addresses = {role: person.email for role, person in accounts.items()}
    claims = RoomClaims(
        sub=None,
        mid=MeetingId(own["id"]),
        pid=ParticipantId(ids["guest"]),
        name="guest",
        role=Role.GUEST,
        gen=0,
        jti=new_id(),
    )
    guest_token = room_tokens(settings(), utc_now, new_id).mint(claims)
    return Stage(
        tokens={
            "anonymous": None,
            "guest": guest_token,
            **{role: person.token for role, person in accounts.items()},
        },
        own=Place(
            own["id"],
            own["code"],
            ids["banned"],
            _invites(world, own["id"], addresses),
            {"somebody": elsewhere.session_id}
            | {role: person.session_id for role, person in accounts.items()},
        ),
        other=Place(
            other["id"],
            other["code"],
            banned_there,
            _invites(world, other["id"], {}),
            {"somebody": elsewhere.session_id},
        ),
    )


def _place(world: World, host_id: str) -> dict[str, Any]:
    (row,) = world.sql(
        "INSERT INTO meetings (id, code, title, host_id, created_at, settings, settings_version)"
        " VALUES (%(id)s, %(code)s, 'A meeting', %(host)s, now(), '{}', 1) RETURNING id, code",
        id=new_id(),
        code=_code(),
        host=host_id,
    )
    return row


def _code() -> str:
    letters = "".join(chr(ord("a") + ord(letter) % 26) for letter in new_id()[-10:])
    return f"{letters[:3]}-{letters[3:7]}-{letters[7:]}"


def _participant(
    world: World, meeting_id: str, user_id: str | None, part: tuple[str, str, bool]
) -> str:
    role, admission, banned = part
    participant_id = new_id()
    world.sql(
        "INSERT INTO participants (id, meeting_id, user_id, display_name, role, admission,"
        " decided_at, banned_at, created_at) VALUES (%(id)s, %(meeting)s, %(user)s, 'Somebody',"
        " %(role)s, %(admission)s, now(), CASE WHEN %(banned)s THEN now() END, now())",
        id=participant_id,
        meeting=meeting_id,
        user=user_id,
        role=role,
        admission=admission,
        banned=banned,
    )
    return participant_id


def _invites(world: World, meeting_id: str, addresses: dict[str, str]) -> dict[str, str]:
    ids = {}
    for role, address in {**addresses, "somebody": f"{new_id()}@example.com"}.items():
        ids[role] = new_id()
        world.sql(
            "INSERT INTO invites (id, meeting_id, email, email_canonical, role, status, created_at)"
            " VALUES (%(id)s, %(meeting)s, %(email)s, %(canonical)s, 'guest', 'pending', now())",
            id=ids[role],
            meeting=meeting_id,
            email=address,
            canonical=address.lower(),
        )
    return ids
