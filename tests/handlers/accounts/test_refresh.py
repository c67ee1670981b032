"""Refresh tokens against PostgreSQL: one rotation, one successor, and what a thief achieves."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import psycopg
import pytest

from hub_core.accounts import refresh as tokens
from hub_core.adapters.settings import settings
from tests.container import Answer, Container
from tests.handlers.accounts.client import log_in, log_out, me, refresh, register
from tests.handlers.accounts.presenting import present

PROBLEM = "auth/invalid-token"


def outcome(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.json.get("type")


def family(database_url: str) -> tuple[int, str | None]:
    """The generation of the only session, and why it was ended."""
    with psycopg.connect(database_url) as connection:
        [row] = connection.execute("SELECT generation, revoked_because FROM sign_in_sessions")
    return row[0], row[1]


def shift(database_url: str, column: str, interval: str) -> None:
    """As if that much time had passed."""
    with psycopg.connect(database_url) as connection:
        connection.execute(f"UPDATE sign_in_sessions SET {column} = {column} - {interval}".encode())


@pytest.fixture
def first(container: Container) -> str:
    """The refresh token that Ada got when she registered."""
    token: str = register(container).json["refreshToken"]
    return token


def test_a_token_is_traded_for_the_next_pair(
    container: Container, first: str, migrated: str
) -> None:
    answer = refresh(container, first)

    assert answer.status == 200
    assert answer.json["refreshToken"] != first
    assert me(container, answer.json["accessToken"]).status == 200
    assert family(migrated) == (1, None)


def test_a_client_that_lost_the_answer_gets_it_again(
    container: Container, first: str, migrated: str
) -> None:
    answers = [refresh(container, first) for _ in range(5)]

    assert {answer.status for answer in answers} == {200}
    assert len({answer.json["refreshToken"] for answer in answers}) == 1
    assert family(migrated) == (1, None)
    assert refresh(container, answers[0].json["refreshToken"]).status == 200


def test_fifty_at_once_in_two_processes_make_one_rotation(
    container: Container, first: str, migrated: str
) -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as processes:
        halves = [processes.submit(present, first, 25, 5) for _ in range(2)]
        answers = [answer for half in halves for answer in half.result()]

    assert len(answers) == 50
    assert {status for status, _ in answers} == {200}
    assert len({successor for _, successor in answers}) == 1
    assert family(migrated) == (1, None)


def test_a_grandparent_inside_the_grace_ends_the_family(
    container: Container, first: str, migrated: str
) -> None:
    second = refresh(container, first).json["refreshToken"]
    third = refresh(container, second).json["refreshToken"]

    assert outcome(refresh(container, first)) == (401, PROBLEM)

    assert family(migrated) == (2, "reuse")
    for token in (first, second, third):
        assert outcome(refresh(container, token)) == (401, PROBLEM)


def test_what_is_compared_is_compared_under_the_lock(
    container: Container, first: str, migrated: str
) -> None:
    """The family moves on twice while a token waits for it: then that token is outdated."""
    keys = settings().jwt_refresh_secret
    line = [tokens.read(first, keys)]
    for _ in range(2):
        assert line[-1]
        line.append(tokens.successor(line[-1], tokens.write(line[-1], keys), keys))
    _, second, third = line
    assert second
    assert third
    refresh(container, "warm")

    with psycopg.connect(migrated) as other, ThreadPoolExecutor(1) as pool:
        other.execute("SELECT FROM sign_in_sessions FOR UPDATE")
        waiting = pool.submit(refresh, container, first)
        wait_until_blocked(migrated)
        other.execute(
            "UPDATE sign_in_sessions SET generation = 2, cur_hash = %s, prev_hash = %s",
            (third.hash, second.hash),
        )
        other.commit()

    assert outcome(waiting.result()) == (401, PROBLEM)
    assert family(migrated) == (2, "reuse")


def wait_until_blocked(database_url: str) -> None:
    """Until somebody waits for a lock."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        while not connection.execute(
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        ).fetchall():
            pass


def test_a_parent_after_the_grace_ends_the_family(
    container: Container, first: str, migrated: str
) -> None:
    second = refresh(container, first).json["refreshToken"]
    shift(migrated, "rotated_at", "interval '10.1 seconds'")

    assert outcome(refresh(container, first)) == (401, PROBLEM)

    assert family(migrated) == (1, "reuse")
    assert outcome(refresh(container, second)) == (401, PROBLEM)


def test_a_parent_shortly_before_the_end_of_the_grace_does_not(
    container: Container, first: str, migrated: str
) -> None:
    second = refresh(container, first).json["refreshToken"]
    shift(migrated, "rotated_at", "interval '5 seconds'")

    assert refresh(container, first).json["refreshToken"] == second


def test_nothing_but_a_rotation_renews_the_grace(
    container: Container, first: str, migrated: str
) -> None:
    second = refresh(container, first).json["refreshToken"]
    shift(migrated, "rotated_at", "interval '6 seconds'")
    assert refresh(container, first).json["refreshToken"] == second
    shift(migrated, "rotated_at", "interval '6 seconds'")

    assert outcome(refresh(container, first)) == (401, PROBLEM)


def test_a_thousand_forged_tokens_end_nothing(
    environment: pytest.MonkeyPatch,
    containers: Callable[[int], list[Container]],
    migrated: str,
) -> None:
    environment.setenv("RATE_LIMIT_SCALE", "1000")
    crowd = containers(4)
    first = register(crowd[0]).json["refreshToken"]
    forged = forgeries(first)

    with ThreadPoolExecutor(len(crowd)) as pool:
        answers = list(pool.map(lambda i: refresh(crowd[i % 4], forged[i]), range(1000)))

    assert {outcome(answer) for answer in answers} == {(401, PROBLEM)}
    assert family(migrated) == (0, None)
    assert refresh(crowd[0], first).status == 200


def forgeries(genuine: str) -> list[str]:
    """What somebody can make up who knows the family, and everything but the key."""
    keys = settings().jwt_refresh_secret
    read = tokens.read(genuine, keys)
    assert read
    body, _, mac = genuine.rpartition(".")
    _, name, generation, secret = body.split(".")
    made_up = []
    for i in range(250):
        other = f"{i:03}" + secret[3:]
        made_up += [
            f"hr1.{name}.{generation}.{other}.{mac}",
            f"hr1.{name}.{int(generation) + i + 1}.{secret}.{mac}",
            f"{body}.{i:03}{mac[3:]}",
            f"hr1.{name}.{generation}.{secret[i % 43 :]}{secret[: i % 43]}.{mac[:-1]}"
            + ("A" if mac[-1] != "A" else "Q"),
        ]
    return made_up


def test_a_genuine_token_of_no_family_is_refused(container: Container, first: str) -> None:
    stranger = tokens.first(family=b"f" * 16, secret=b"s" * 32)

    answer = refresh(container, tokens.write(stranger, settings().jwt_refresh_secret))

    assert outcome(answer) == (401, PROBLEM)
    assert refresh(container, first).status == 200


def test_only_expired_is_told_apart(container: Container, first: str, migrated: str) -> None:
    shift(migrated, "expires_at", "interval '31 days'")

    assert outcome(refresh(container, first)) == (401, "auth/token-expired")
    assert family(migrated) == (0, None)


def test_a_rotation_does_not_prolong_the_session(
    container: Container, first: str, migrated: str
) -> None:
    with psycopg.connect(migrated) as connection:
        [before] = connection.execute("SELECT expires_at FROM sign_in_sessions")

    refresh(container, first)

    with psycopg.connect(migrated) as connection:
        [after] = connection.execute("SELECT expires_at FROM sign_in_sessions")
    assert after == before


def test_without_a_token_there_is_nothing_to_trade(container: Container) -> None:
    assert outcome(refresh(container)) == (401, "auth/unauthorized")


def test_a_new_key_keeps_everyone_signed_in(
    environment: pytest.MonkeyPatch, containers: Callable[[int], list[Container]]
) -> None:
    [old] = containers(1)
    first = register(old).json["refreshToken"]
    second = refresh(old, first).json["refreshToken"]
    environment.setenv(
        "JWT_REFRESH_SECRET",
        "r2:another-secret-another-secret-another,r1:refresh-secret-refresh-secret-refresh",
    )
    [new] = containers(1)

    again = refresh(new, first)

    assert again.status == 200
    assert tokens.read(again.json["refreshToken"], settings().jwt_refresh_secret) == tokens.read(
        second, settings().jwt_refresh_secret
    )
    assert refresh(new, again.json["refreshToken"]).status == 200


def test_whoever_refreshes_while_signing_out_is_signed_out(
    environment: pytest.MonkeyPatch,
    containers: Callable[[int], list[Container]],
) -> None:
    environment.setenv("RATE_LIMIT_SCALE", "1000")
    signer, refresher = containers(2)
    register(signer)

    for _ in range(100):
        pair = log_in(signer).json
        with ThreadPoolExecutor(2) as pool:
            out = pool.submit(log_out, signer, pair["accessToken"])
            on = pool.submit(refresh, refresher, pair["refreshToken"])
        later = on.result().json.get("refreshToken", pair["refreshToken"])

        assert out.result().status == 204
        assert outcome(refresh(refresher, later)) == (401, PROBLEM)
        assert outcome(refresh(refresher, pair["refreshToken"])) == (401, PROBLEM)
