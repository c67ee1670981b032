"""Builders for stories about meetings: accounts, their tokens, and what a database has of both."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from hub_core.adapters import runtime
from hub_core.adapters.settings import settings
from hub_core.adapters.tokens import AccessClaims, RoomClaims, access_tokens, room_tokens
from hub_core.kernel.clock import utc_now
from hub_core.kernel.ids import UserId, new_id
from tests.container import Answer, Container
from tests.gateway_events import http_event


@dataclass(frozen=True)
class Person:
    """An account, signed in."""

    id: UserId
    email: str
    name: str
    token: str
    session_id: str


class World:
    """The database of a test, and a container to call handlers in."""

    def __init__(
        self, connection: psycopg.Connection[dict[str, Any]], container: Container
    ) -> None:
        self._connection = connection
        self._container = container

    @classmethod
    def opened(cls, database_url: str, container: Container) -> "World":
        """The one in this database."""
        return cls(psycopg.connect(database_url, autocommit=True, row_factory=dict_row), container)

    def beside(self, container: Container) -> "World":
        """The same world, asked through another container."""
        return World(self._connection, container)

    def account(self, name: str, *, email: str | None = None) -> Person:
        """Somebody who has signed up and in."""
        user_id = UserId(new_id())
        address = email or f"{name.lower()}@example.com"
        self.sql(
            "INSERT INTO users (id, email, email_canonical, display_name, created_at)"
            " VALUES (%(id)s, %(email)s, %(canonical)s, %(name)s, now())",
            id=user_id,
            email=address,
            canonical=address.lower(),
            name=name,
        )
        session_id = new_id()
        self.sql(
            "INSERT INTO sign_in_sessions (id, user_id, family, generation, cur_hash, created_at,"
            " rotated_at, last_used_at, expires_at) VALUES"
            " (%(id)s, %(user)s, %(family)s, 0, '', now(), now(), now(),"
            " now() + interval '30 days')",
            id=session_id,
            user=user_id,
            family=session_id,
        )
        claims = AccessClaims(sub=user_id, sid=session_id)
        token = access_tokens(settings(), utc_now, new_id).mint(claims)
        return Person(user_id, address, name, token, session_id)

    def call(
        self,
        module: str,
        method: str,
        target: str,
        *,
        by: Person | str | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call a handler, `meetings.create`; a guest shows its room token."""
        token = by.token if isinstance(by, Person) else by
        event = http_event(method, target, body=body, token=token, headers=headers)
        return self.handle(f"handlers.{module}", event)

    def handle(self, module: str, event: Mapping[str, Any]) -> Answer:
        """What a handler makes of an event."""
        return self._container.http(module, event)

    def meeting(self, host: Person, **draft: Any) -> dict[str, Any]:
        """A meeting that the host has created over REST."""
        answer = self.call("meetings.create", "POST", "/v1/meetings", by=host, body=draft)
        assert answer.status == 201, answer.text
        created: dict[str, Any] = answer.json
        return created

    def ask_for_ticket(
        self, meeting_id: str, by: Person | str | None = None, name: str | None = None
    ) -> Answer:
        """`room-token`, whatever comes of it. A guest that comes again shows its token."""
        body = None if name is None else {"displayName": name}
        target = f"/v1/meetings/{meeting_id}/room-token"
        return self.call("meetings.room_token", "POST", target, by=by, body=body)

    def ticket(
        self, meeting_id: str, by: Person | str | None = None, name: str | None = None
    ) -> dict[str, Any]:
        """A room ticket."""
        answer = self.ask_for_ticket(meeting_id, by, name)
        assert answer.status == 200, answer.text
        written: dict[str, Any] = answer.json
        return written

    def decide(self, participant_id: str, admission: str, *, banned: bool = False) -> None:
        """What the live room writes down when somebody is let in, turned away or put out."""
        self.sql(
            "UPDATE participants SET admission = %(admission)s, decided_at = now(),"
            " generation = generation + %(raise)s,"
            " banned_at = CASE WHEN %(banned)s THEN now() END WHERE id = %(id)s",
            id=participant_id,
            admission=admission,
            banned=banned,
            **{"raise": int(admission == "removed")},
        )

    def restart(self, **variables: str) -> None:
        """New clients on other settings, as new containers have after a deployment."""
        self._container.do(runtime.close)
        os.environ.update(variables)
        settings.cache_clear()

    def sql(self, statement: LiteralString, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a statement, if it has some."""
        cursor = self._connection.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []

    def reconnect(self, database_url: str) -> None:
        """Open the test's own connection anew: somebody has cut it."""
        self._connection.close()
        self._connection = psycopg.connect(database_url, autocommit=True, row_factory=dict_row)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def claims_of(ticket: dict[str, Any]) -> RoomClaims:
    """What a room token says."""
    return room_tokens(settings(), utc_now, new_id).verify(ticket["roomToken"])
