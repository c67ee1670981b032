"""What a story about the live room needs: a meeting in PostgreSQL, people with tickets, sockets."""

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg

from hub_core.adapters.settings import settings
from hub_core.adapters.tokens import AccessClaims, RoomClaims, access_tokens, room_tokens
from hub_core.kernel.clock import utc_now
from hub_core.kernel.ids import MeetingId, ParticipantId, UserId, new_id
from hub_core.kernel.roles import Role
from tests.container import Container
from tests.gateway_events import connect_event, disconnect_event, message_event
from tests.live.gateway import Gateway

_NUMBERS = itertools.count(1)

CHAT_FOR_HOSTS = """
UPDATE meetings
SET settings = settings || '{"chat": "hosts"}', settings_version = settings_version + 1
WHERE id = %(meeting)s
"""
"""What REST commits when a host restricts the chat, before the room is told."""


@dataclass
class Person:
    """Somebody who belongs to a meeting."""

    meeting_id: MeetingId
    participant_id: ParticipantId
    user_id: UserId | None
    name: str
    role: Role
    generation: int = 0

    def ticket(self, **other: Any) -> str:
        """A room token."""
        claims = RoomClaims(
            sub=self.user_id,
            mid=self.meeting_id,
            pid=self.participant_id,
            name=self.name,
            role=self.role,
            gen=self.generation,
            jti=new_id(),
        )
        return room_tokens(settings(), utc_now, new_id).mint(claims.model_copy(update=other))

    def access_token(self) -> str:
        """What it signs in with."""
        assert self.user_id
        claims = AccessClaims(sub=self.user_id, sid=new_id())
        return access_tokens(settings(), utc_now, new_id).mint(claims)


@dataclass
class Meeting:
    """A meeting in PostgreSQL, with whoever was written into it."""

    database_url: str
    id: MeetingId

    def person(
        self,
        role: Role = Role.GUEST,
        *,
        account: bool = True,
        name: str = "",
        user_id: UserId | None = None,
    ) -> Person:
        """One more participant; with an account of its own, unless it is the one named."""
        participant_id = ParticipantId(new_id())
        name = name or f"Person {participant_id[-4:]}"
        is_new = account and user_id is None
        user_id = UserId(new_id()) if is_new else user_id
        with psycopg.connect(self.database_url) as db:
            if is_new:
                _insert(
                    db,
                    "users",
                    id=user_id,
                    email=f"{user_id}@hub.test",
                    email_canonical=f"{user_id}@hub.test".lower(),
                    display_name=name,
                    created_at=datetime.now(UTC),
                )
            _insert(
                db,
                "participants",
                id=participant_id,
                meeting_id=self.id,
                user_id=user_id,
                display_name=name,
                role=role.value,
                admission="pending",
                created_at=datetime.now(UTC),
            )
        return Person(self.id, participant_id, user_id, name, role)

    def execute(self, statement: str) -> None:
        """Change something; `%(meeting)s` is this meeting."""
        with psycopg.connect(self.database_url) as db:
            db.execute(statement.encode(), {"meeting": self.id})

    def rows(self, statement: str, **parameters: Any) -> list[Any]:
        """What PostgreSQL says; `%(meeting)s` is this meeting."""
        with psycopg.connect(self.database_url) as db:
            return db.execute(statement.encode(), {"meeting": self.id, **parameters}).fetchall()


@contextmanager
def nothing_can_be_written_down(database_url: str) -> Iterator[None]:
    """What a room would keep waits for a lock that nobody gets; all else in PostgreSQL works."""
    with psycopg.connect(database_url, autocommit=True) as db:
        db.execute("BEGIN")
        db.execute("LOCK TABLE journal IN ACCESS EXCLUSIVE MODE")
        yield
        db.execute("ROLLBACK")


def a_meeting(database_url: str, **settings_: Any) -> Meeting:
    """A meeting that is open to everyone, unless `settings_` say otherwise."""
    host, id_ = new_id(), MeetingId(new_id())
    with psycopg.connect(database_url) as db:
        _insert(
            db,
            "users",
            id=host,
            email=f"{host}@hub.test",
            email_canonical=f"{host}@hub.test".lower(),
            display_name="The owner",
            created_at=datetime.now(UTC),
        )
        _insert(
            db,
            "meetings",
            id=id_,
            code=f"code-{id_}",
            title="Stand-up",
            host_id=host,
            created_at=datetime.now(UTC),
            settings=json.dumps({"access_type": "open", **settings_}),
            settings_version=1,
        )
    return Meeting(database_url, id_)


def _insert(db: psycopg.Connection[Any], table: str, **row: Any) -> None:
    names, marks = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})".encode(), row)


@dataclass
class Client:
    """A socket of somebody, through the handlers of one container."""

    container: Container
    gateway: Gateway
    id: str = field(default_factory=lambda: f"conn{next(_NUMBERS):011}=")
    connected_sec_ago: float = 1
    session: Any = None
    """The payload of its `room.joined`."""

    def connect(self, **headers: str) -> int:
        """Open it; the status of the handshake."""
        event = connect_event(self.id, headers=headers)
        status = self.container.call("handlers.socket.connect", event)["statusCode"]
        assert isinstance(status, int)
        return status

    def say(self, frame: Any) -> list[Any]:
        """Send a frame (text goes as it is); what this socket got meanwhile."""
        event = message_event(self.id, frame, connected_sec_ago=self.connected_sec_ago)
        assert self.container.call("handlers.socket.message", event) == {"statusCode": 200}
        return self.gateway.take(self.id)

    def ask(self, kind: str, payload: Mapping[str, Any] | None = None) -> Any:
        """Send a request; the one frame that answers it. What else came stays for `heard`."""
        request_id = new_id()
        got = self.say({"type": kind, "requestId": request_id, "payload": payload or {}})
        replies = [frame for frame in got if frame.get("requestId") == request_id]
        # On a busy machine a post may be answered too late, and is sent again.
        assert replies, got
        assert all(reply == replies[0] for reply in replies), replies
        self.gateway.frames[self.id][:0] = [frame for frame in got if frame not in replies]
        return replies[0]

    def heard(self) -> list[Any]:
        """What came without being asked for, since last asked about."""
        return self.gateway.take(self.id)

    def join(self, person: Person, **payload: Any) -> Any:
        """Connect, authenticate if it has an account, and join; the reply."""
        assert self.connect() == 200
        if person.user_id:
            reply = self.ask("auth.authenticate", {"accessToken": person.access_token()})
            assert reply["type"] == "auth.ok", reply
        reply = self.ask("room.join", {"roomToken": person.ticket(), **payload})
        self.session = reply["payload"]
        return reply

    def hang_up(self) -> None:
        """The connection is gone, and API Gateway says so."""
        self.gateway.gone.add(self.id)
        self.container.call("handlers.socket.disconnect", disconnect_event(self.id))
