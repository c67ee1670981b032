"""What clients see while a data store is down or drops its connections, and what is left behind."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
import redis

from hub_core.adapters.limiter import PATIENCE_SEC
from tests.container import Answer, Container
from tests.handlers.accounts.client import (
    ADA,
    change_password,
    is_unavailable,
    log_in,
    me,
    refresh,
    register,
    sessions,
    until_served,
)


@dataclass
class Scissors:
    """Cuts every connection to PostgreSQL whenever some more calls have been made."""

    database_url: str
    calls_between: int = 7
    seen: Counter[int] = field(default_factory=Counter)
    """Answers by status."""
    cut: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def through(self, call: Callable[..., Answer], *given: Any, **named: Any) -> Answer:
        """A call that is made until it is served, while connections are cut."""

        def counted() -> Answer:
            answer = call(*given, **named)
            with self._turn:
                self.seen[answer.status] += 1
                if self.seen.total() % self.calls_between == 0:
                    self._cut()
            return answer

        return until_served(counted)

    def _cut(self) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            self.cut += connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).rowcount


def test_cut_connections_cost_a_retry_and_nothing_else(
    environment: pytest.MonkeyPatch,
    containers: Callable[[int], list[Container]],
    migrated: str,
) -> None:
    environment.setenv("RATE_LIMIT_SCALE", "1000")
    crowd = containers(4)
    for container in crowd:
        me(container, None)  # imports are no part of it
    scissors = Scissors(migrated)
    call = scissors.through

    def live(number: int) -> str:
        """Register, and refresh a while: each answer leads on to the next."""
        container, email = crowd[number], f"ada{number}@example.com"
        # A commit whose answer was lost stands: then there is an account to sign in to.
        assert call(register, container, email=email).status in {201, 409}
        tokens = call(log_in, container, email=email).json
        for _ in range(25):
            answer = call(refresh, container, tokens["refreshToken"])
            assert answer.status == 200
            tokens = answer.json
            assert call(me, container, tokens["accessToken"]).status == 200
        return str(tokens["refreshToken"])

    with ThreadPoolExecutor(len(crowd)) as pool:
        last = list(pool.map(live, range(len(crowd))))

    assert scissors.cut > 30
    assert scissors.seen[503] > 0
    assert scissors.seen.keys() <= {200, 201, 409, 503}
    assert all(refresh(one, token).status == 200 for one, token in zip(crowd, last, strict=True))
    with psycopg.connect(migrated) as connection:
        half_done = connection.execute(
            "SELECT count(*) FROM users WHERE NOT EXISTS"
            " (SELECT FROM sign_in_sessions WHERE user_id = users.id)"
        ).fetchone()
        accounts = connection.execute("SELECT count(*) FROM users").fetchone()
        revoked = connection.execute(
            "SELECT count(*) FROM sign_in_sessions WHERE revoked_at IS NOT NULL"
        ).fetchone()
    assert (accounts, half_done, revoked) == ((4,), (0,), (0,))


def test_without_postgresql_everything_waits(
    environment: pytest.MonkeyPatch, containers: Callable[[int], list[Container]]
) -> None:
    token = register(containers(1)[0]).json["accessToken"]
    environment.setenv("DATABASE_URL", "postgresql://hub:hub@127.0.0.1:9/hub")
    [container] = containers(1)

    answers = [
        register(container, email="bob@example.com"),
        log_in(container),
        me(container, token),
        sessions(container, token),
    ]

    assert all(is_unavailable(answer) for answer in answers)


def test_what_was_down_stands_in_the_log_beside_the_request(
    environment: pytest.MonkeyPatch,
    containers: Callable[[int], list[Container]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    environment.setenv("DATABASE_URL", "postgresql://hub:hunter2@127.0.0.1:9/hub")
    [container] = containers(1)

    answer = register(container, email="bob@example.com")

    [line] = [record.getMessage() for record in caplog.records if record.name.startswith("hub")]
    assert line.startswith(f"{answer.json['instance']}: OperationalError, because of ")
    assert "hunter2" not in caplog.text
    assert "bob@example.com" not in caplog.text


def test_without_redis_no_password_is_tried(
    environment: pytest.MonkeyPatch,
    containers: Callable[[int], list[Container]],
    migrated: str,
) -> None:
    token = register(containers(1)[0]).json["accessToken"]
    environment.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
    [container] = containers(1)

    answers = [
        log_in(container),
        log_in(container, password="wrong horse"),
        register(container, email="bob@example.com"),
        change_password(container, token, ADA["password"], "staple battery"),
    ]

    assert all(is_unavailable(answer) for answer in answers)
    assert me(container, token).status == 200
    with psycopg.connect(migrated) as connection:
        [counts] = connection.execute(
            "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM sign_in_sessions)"
        )
    assert counts == (1, 1)


def test_a_redis_that_hangs_is_waited_for_a_second_and_no_more(
    container: Container, redis_url: str
) -> None:
    register(container)
    with redis.Redis.from_url(redis_url) as client:
        client.client_pause(2500, all=True)

    assert is_unavailable(log_in(container))

    assert PATIENCE_SEC < 1.5
    # And when it is back, the connection that was given up is not taken up again.
    assert until_served(lambda: log_in(container)).status == 200
    assert log_in(container, password="wrong horse").status == 401
