"""Who may do what over REST: one table of every route, everyone, their own meeting and another.

A route of template.yaml that has no row fails, and so does a row that has no route. Where existence
is a secret, "not yours" reads like "not there" (`hidden`); the tests of each route hold the bytes.
"""

from typing import Any, Final

import pytest

from infra.template import HttpDoor, http_doors, load
from tests.gateway_events import http_event
from tests.handlers.stage import ROLES, Place, Stage, a_stage
from tests.meetings.people import World

WORDS: Final = {
    "auth/unauthorized": "nobody",
    "auth/invalid-token": "badtoken",
    "auth/invalid-credentials": "wrong",
    "meeting/not-found": "hidden",
    "invite/not-found": "hidden",
    "auth/session-not-found": "hidden",
    "meeting/forbidden": "no",
    "room/invalid-token": "foreign",
    "route/not-found": "nothing",
}
"""How problems are called in the table; a success is `ok`, or what a ticket is good for."""

PUBLIC: Final = "ok ok ok ok ok ok ok ok"
ACCOUNT: Final = "nobody badtoken ok ok ok ok ok ok"
WRONG: Final = "wrong wrong wrong wrong wrong wrong wrong wrong"
BADTOKEN: Final = "badtoken badtoken badtoken badtoken badtoken badtoken badtoken badtoken"
OWN_CREDENTIALS: Final = "nobody badtoken wrong wrong wrong wrong wrong wrong"
HIDDEN: Final = "nobody badtoken hidden hidden hidden hidden hidden hidden"
MEMBERS: Final = "nobody badtoken hidden ok ok ok hidden hidden"
COHOSTS: Final = "nobody badtoken hidden no ok ok hidden hidden"
HOST: Final = "nobody badtoken hidden no no ok hidden hidden"
INVITED: Final = "nobody badtoken ok ok ok ok ok ok"

#        route                                       own meeting, other meeting, in the order of
#                                                    anonymous guest stranger participant cohost
#                                                    host kicked banned
TABLE: Final[dict[str, tuple[str, str]]] = {
    "POST /v1/auth/register": (PUBLIC, PUBLIC),
    "POST /v1/auth/login": (WRONG, WRONG),
    "POST /v1/auth/oauth/google": (BADTOKEN, BADTOKEN),
    "POST /v1/auth/refresh": (BADTOKEN, BADTOKEN),
    "POST /v1/auth/logout": (ACCOUNT, ACCOUNT),
    "GET /v1/auth/me": (ACCOUNT, ACCOUNT),
    "GET /v1/auth/sessions": (ACCOUNT, ACCOUNT),
    "DELETE /v1/auth/sessions/{sessionId}": (ACCOUNT, HIDDEN),
    "DELETE /v1/auth/sessions": (ACCOUNT, ACCOUNT),
    "POST /v1/auth/password": (OWN_CREDENTIALS, OWN_CREDENTIALS),
    "PATCH /v1/me": (ACCOUNT, ACCOUNT),
    "POST /v1/meetings": (ACCOUNT, ACCOUNT),
    "GET /v1/meetings": (ACCOUNT, ACCOUNT),
    "POST /v1/meetings/resolve-code": (PUBLIC, PUBLIC),
    "GET /v1/meetings/{id}": (MEMBERS, HIDDEN),
    "PATCH /v1/meetings/{id}": (HOST, HIDDEN),
    "POST /v1/meetings/{id}/room-token": (
        "lobby admitted admitted admitted admitted admitted lobby no",
        "lobby foreign admitted admitted admitted admitted admitted admitted",
    ),
    "GET /v1/meetings/{id}/settings": (MEMBERS, HIDDEN),
    "PATCH /v1/meetings/{id}/settings": (HOST, HIDDEN),
    "POST /v1/meetings/{id}/end": (HOST, HIDDEN),
    "GET /v1/meetings/{id}/messages": (MEMBERS, HIDDEN),
    "GET /v1/meetings/{id}/bans": (COHOSTS, HIDDEN),
    "DELETE /v1/meetings/{id}/bans/{participantId}": (COHOSTS, HIDDEN),
    "POST /v1/meetings/{id}/invites": (COHOSTS, HIDDEN),
    "GET /v1/meetings/{id}/invites": (COHOSTS, HIDDEN),
    # Their own: an invite to each of them. The other: one to somebody else. So with sessions.
    "POST /v1/invites/{inviteId}/accept": ("nobody badtoken ok ok ok ok ok no", HIDDEN),
    "POST /v1/invites/{inviteId}/decline": (INVITED, HIDDEN),
    "OPTIONS /{proxy+}": (PUBLIC, PUBLIC),
    "GET /docs": (PUBLIC, PUBLIC),
    "GET /docs/ws": (PUBLIC, PUBLIC),
    "GET /docs/assets/{name}": (PUBLIC, PUBLIC),
    "GET /swagger/json": (PUBLIC, PUBLIC),
    "GET /asyncapi.json": (PUBLIC, PUBLIC),
    "GET /health/live": (PUBLIC, PUBLIC),
    "GET /health/ready": (PUBLIC, PUBLIC),
}

BODIES: Final[dict[str, Any]] = {
    "POST /v1/auth/register": {"password": "correct horse battery", "displayName": "New"},
    "POST /v1/auth/login": {"email": "nobody@example.com", "password": "wrong password"},
    "POST /v1/auth/oauth/google": {"idToken": "made.up.token"},
    "POST /v1/auth/refresh": {"refreshToken": "made up"},
    "POST /v1/auth/password": {
        "currentPassword": "wrong password",
        "newPassword": "correct horse battery",
    },
    "PATCH /v1/me": {"displayName": "Another"},
    "POST /v1/meetings": {},
    "PATCH /v1/meetings/{id}": {"title": "Another"},
    "PATCH /v1/meetings/{id}/settings": {"lobby": True},
    "POST /v1/meetings/{id}/invites": {"email": "new@example.com"},
}

DOORS: Final = {f"{door.method} {door.path}": door for door in http_doors(load())}


@pytest.fixture(autouse=True)
def no_limits(environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The table has more rows than anybody has patience; mails go nowhere."""
    environment.setenv("RATE_LIMIT_SCALE", "1000")
    environment.setenv("GOOGLE_CLIENT_IDS", "client.apps.example")
    environment.setenv("MAIL_OUTBOX", str(tmp_path_factory.mktemp("outbox")))


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert sorted(TABLE) == sorted(DOORS)
    assert all(len(cells.split()) == len(ROLES) for row in TABLE.values() for cells in row)


@pytest.mark.parametrize("where", ["own", "other"])
@pytest.mark.parametrize("route", sorted(TABLE))
def test_everyone_may_do_what_the_table_says(world: World, route: str, where: str) -> None:
    """A stage for each half of a row; those who may do most come late on it."""
    expected = dict(zip(ROLES, TABLE[route][where == "other"].split(), strict=True))
    stage = a_stage(world)

    told = {role: outcome(world, DOORS[route], stage, role, where) for role in ROLES}

    assert told == expected


def outcome(world: World, door: HttpDoor, stage: Stage, role: str, where: str) -> str:
    """What the role gets, in a word of the table."""
    route, place = f"{door.method} {door.path}", getattr(stage, where)
    body = BODIES.get(route)
    if route == "POST /v1/meetings/resolve-code":
        body = {"code": place.code}
    if route == "POST /v1/auth/register":
        body = {**BODIES[route], "email": f"{role}-{place.meeting_id}@example.com"}
    event = http_event(
        door.method, path(door.path, place, role), body=body, token=stage.tokens[role]
    )
    answer = world.handle(door.module, event)
    if answer.status < 300:
        ticket: str = answer.json.get("admission", "ok") if door.path.endswith("-token") else "ok"
        return ticket
    kind: str = answer.json["type"]
    return WORDS.get(kind, kind)


def path(template: str, place: Place, role: str) -> str:
    """The path of a door with everything filled in."""
    invite_id = place.invite_ids.get(role, place.invite_ids["somebody"])
    for name, value in {
        "id": place.meeting_id,
        "participantId": place.banned_id,
        "inviteId": invite_id,
        "sessionId": place.session_ids.get(role, place.session_ids["somebody"]),
        "name": "swagger-ui.css",
        "proxy+": "v1/meetings",
    }.items():
        template = template.replace("{" + name + "}", value)
    return template
