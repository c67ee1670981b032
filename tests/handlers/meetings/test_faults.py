"""What becomes of meetings when a data store fails."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from hub_core.accounts.passwords import Hashing
from hub_core.adapters import runtime
from hub_core.adapters.limiter import PATIENCE_SEC
from hub_core.adapters.tables import transaction
from hub_core.kernel.ids import MeetingId
from hub_core.kernel.roles import Role
from hub_core.meetings.membership import member
from tests.container import Answer, Container
from tests.live.valkeys import a_valkey, url_of
from tests.meetings.people import World

_KILL = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


_ALL_THAT_IS_WRITTEN = """
SELECT (SELECT json_agg(m ORDER BY id) FROM meetings m) AS meetings,
       (SELECT json_agg(p ORDER BY id) FROM participants p) AS participants,
       (SELECT count(*) FROM idempotency_keys) AS keys
"""


def test_a_connection_that_died_while_the_container_slept_is_not_noticed(
    world: World, migrated: str
) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)

    with psycopg.connect(migrated, autocommit=True) as killer:
        killer.execute(_KILL.encode())
    world.reconnect(migrated)

    answer = world.call("meetings.show", "GET", f"/v1/meetings/{meeting['id']}", by=ada)
    assert answer.status == 200


def test_while_connections_are_cut_meetings_are_created_whole_or_not_at_all(
    world: World, migrated: str, containers: Callable[[int], list[Container]]
) -> None:
    """Four containers create, a killer cuts: 201 or 503, and no meeting without its host."""
    ada = world.account("Ada")
    worlds = [world.beside(container) for container in containers(4)]
    over = threading.Event()

    def cut() -> int:
        cuts = 0
        with psycopg.connect(migrated, autocommit=True) as killer:
            while not over.wait(0.02):
                (row,) = killer.execute(_KILL.encode()).fetchall()
                cuts += row[0]
        return cuts

    def create(one: World) -> list[int]:
        return [
            one.call("meetings.create", "POST", "/v1/meetings", by=ada, body={}).status
            for _ in range(12)
        ]

    with ThreadPoolExecutor(5) as pool:
        cutting = pool.submit(cut)
        statuses = Counter(status for told in pool.map(create, worlds) for status in told)
        over.set()
    world.reconnect(migrated)

    assert cutting.result() > 0
    assert set(statuses) <= {201, 503}
    rows = world.sql(
        "SELECT (SELECT count(*) FROM meetings) AS meetings,"
        " (SELECT count(*) FROM participants WHERE role = 'host') AS hosts"
    )
    # A commit whose answer was cut off counts although its caller was told 503.
    assert rows[0]["meetings"] == rows[0]["hosts"] >= statuses[201]


def test_without_postgres_the_answer_is_to_come_back(
    world: World, environment: pytest.MonkeyPatch
) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)
    world.restart(DATABASE_URL="postgresql://127.0.0.1:9/none")

    answers = [
        world.call("meetings.create", "POST", "/v1/meetings", by=ada, body={}),
        world.call("meetings.show", "GET", f"/v1/meetings/{meeting['id']}", by=ada),
        world.ask_for_ticket(meeting["id"]),
    ]

    assert {(a.status, a.json["type"]) for a in answers} == {(503, "server/unavailable")}
    assert {answer.headers["retry-after"] for answer in answers} == {"1"}


def test_a_redis_that_was_killed_lets_nobody_in_and_leaves_nothing_behind(
    world: World, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ada = world.account("Ada")
    with a_valkey(tmp_path) as valkey:
        world.restart(REDIS_URL=url_of(valkey))
        meeting = world.meeting(ada)
        world.ticket(meeting["id"], ada)
    before = world.sql(_ALL_THAT_IS_WRITTEN)

    key = {"idempotency-key": "once"}
    code = {"code": meeting["code"]}
    answers = [
        world.call("meetings.create", "POST", "/v1/meetings", by=ada, body={}, headers=key),
        world.call("meetings.resolve_code", "POST", "/v1/meetings/resolve-code", body=code),
        world.ask_for_ticket(meeting["id"], ada),
        world.ask_for_ticket(meeting["id"], name="Guest"),
    ]

    assert {(a.status, a.json["type"]) for a in answers} == {(503, "server/unavailable")}
    assert {answer.headers["retry-after"] for answer in answers} == {"1"}
    assert world.sql(_ALL_THAT_IS_WRITTEN) == before
    # How long that takes at most: one question, whatever the client makes of connecting and trying
    # again. The promise is a second and a half.
    assert PATIENCE_SEC < 1.5


def test_without_redis_nobody_guesses_codes_and_the_rest_goes_on(
    world: World, environment: pytest.MonkeyPatch
) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)
    world.restart(REDIS_URL="redis://127.0.0.1:9/0")

    code = {"code": meeting["code"]}
    guess = world.call("meetings.resolve_code", "POST", "/v1/meetings/resolve-code", body=code)
    shown = world.call("meetings.show", "GET", f"/v1/meetings/{meeting['id']}", by=ada)

    assert (guess.status, guess.headers["retry-after"]) == (503, "1")
    assert shown.status == 200


def test_a_change_that_hangs_keeps_nobody_out(
    world: World, containers: Callable[[int], list[Container]]
) -> None:
    """A container may be frozen in the middle of one, and what it has locked with it."""
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting_id = MeetingId(world.meeting(ada)["id"])
    [frozen] = containers(1)

    async def change() -> Answer:
        async with transaction() as db:
            await member(db, meeting_id, ada.id, at_least=Role.HOST, lock=True)
            return await asyncio.to_thread(world.ask_for_ticket, meeting_id, bob)

    answer = frozen.do(lambda: runtime.run(change()))

    assert (answer.status, answer.json.get("admission")) == (200, "admitted")


def test_a_password_that_is_being_hashed_holds_up_nothing_else(
    world: World,
    containers: Callable[[int], list[Container]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ada = world.account("Ada")
    elsewhere = world.beside(containers(1)[0])
    meanwhile = []

    def matches(*_: object) -> bool:
        made = elsewhere.call("meetings.create", "POST", "/v1/meetings", by=ada, body={})
        meanwhile.append(made.status)
        return False

    monkeypatch.setattr(Hashing, "matches", matches)
    passwords = {"currentPassword": "correct horse", "newPassword": "battery staple"}

    world.call("accounts.password", "POST", "/v1/auth/password", by=ada, body=passwords)

    assert meanwhile == [201]
