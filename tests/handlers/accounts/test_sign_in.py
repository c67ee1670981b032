"""Opening an account and signing in, as a client sees it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher

from tests.container import Answer, Container
from tests.handlers.accounts.client import ADA, alike, log_in, me, register, until_served


def test_who_registers_is_signed_in(container: Container) -> None:
    answer = register(container)

    assert answer.status == 201
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json
    assert tokens.keys() == {"user", "accessToken", "refreshToken", "tokenType", "expiresIn"}
    assert (tokens["tokenType"], tokens["expiresIn"]) == ("Bearer", 900)
    assert tokens["user"].keys() == {"id", "email", "displayName", "avatarUrl", "createdAt"}
    assert tokens["user"]["email"] == "Ada@example.com"
    assert tokens["user"]["createdAt"].endswith("Z")
    assert me(container, tokens["accessToken"]).json == {"user": tokens["user"]}


def test_each_sign_in_is_a_session_of_its_own(container: Container, migrated: str) -> None:
    first = register(container).json

    second = log_in(container).json

    assert first["user"] == second["user"]
    assert first["refreshToken"] != second["refreshToken"]
    with psycopg.connect(migrated) as connection:
        rows = connection.execute(
            "SELECT user_agent, expires_at - created_at = interval '30 days'"
            " FROM sign_in_sessions ORDER BY id"
        ).fetchall()
    assert rows == [("tests/1.0", True)] * 2


def test_no_secret_is_stored(container: Container, migrated: str) -> None:
    tokens = register(container).json

    with psycopg.connect(migrated) as connection:
        stored = " ".join(
            str(row)
            for table in ("users", "sign_in_sessions")
            for row in connection.execute(f"SELECT {table}::text FROM {table}".encode())
        )

    assert tokens["user"]["id"] in stored
    assert ADA["password"] not in stored
    assert not any(part in stored for part in tokens["refreshToken"].split(".") if len(part) > 30)


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@EXAMPLE.COM", " ada@example。com"])
def test_an_address_has_one_account_however_it_is_spelt(container: Container, email: str) -> None:
    register(container)

    answer = register(container, email=email, password="another horse")

    assert (answer.status, answer.json["type"]) == (409, "auth/user-exists")
    assert log_in(container, email=email).status == 200


def test_fifty_at_once_make_one_account(
    environment: pytest.MonkeyPatch, containers: Callable[[int], list[Container]]
) -> None:
    crowd = containers(10)

    def ask(number: int) -> Answer:
        return until_served(partial(register, crowd[number % 10], source_ip=f"192.0.2.{number}"))

    with ThreadPoolExecutor(len(crowd)) as pool:
        answers = list(pool.map(ask, range(50)))

    assert sorted(answer.status for answer in answers) == [201, *[409] * 49]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"email": "ada"}, "/email"),
        ({"email": 7}, "/email"),
        ({"email": None}, "/email"),
        ({"password": "short"}, "/password"),
        ({"password": "password1"}, "/password"),
        ({"password": "é" * 600}, "/password"),
        ({"password": "Ada@example.com"}, "/password"),
        ({"password": "AdaLovelace", "displayName": "adalovelace"}, "/password"),
        ({"password": "\ud800" * 8}, ""),  # no JSON at all
        ({"displayName": ""}, "/displayName"),
        ({"displayName": "x" * 61}, "/displayName"),
        ({"displayName": "Ada\u202e"}, "/displayName"),
        ({"displayName": "\x00"}, "/displayName"),
        ({"isAdmin": True}, "/isAdmin"),
    ],
)
def test_what_does_not_fit_is_named_and_not_repeated(
    container: Container, changes: dict[str, Any], pointer: str
) -> None:
    answer = register(container, **changes)

    assert (answer.status, answer.json["type"]) == (400, "validation/invalid")
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]
    for value in changes.values():
        assert not isinstance(value, str) or len(value) < 4 or value not in answer.text


def test_an_unknown_address_looks_like_a_wrong_password(container: Container) -> None:
    register(container)

    wrong = log_in(container, password="wrong horse", source_ip="192.0.2.2")
    unknown = log_in(container, email="nobody@example.com", source_ip="192.0.2.3")

    assert (wrong.status, wrong.json["type"]) == (401, "auth/invalid-credentials")
    assert alike(wrong) == alike(unknown)


def test_an_unknown_address_costs_a_hash_too(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(container)
    verified: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, kept: str, secret: bytes) -> bool:
        verified.append(kept)
        return verify(self, kept, secret)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    log_in(container, password="wrong horse")
    log_in(container, email="nobody@example.com")

    somebodys, nobodys = verified
    assert somebodys.split("$")[:4] == nobodys.split("$")[:4]


def test_dearer_hashing_replaces_the_hash_at_the_next_sign_in(
    environment: pytest.MonkeyPatch,
    containers: Callable[[int], list[Container]],
    migrated: str,
) -> None:
    register(containers(1)[0])
    environment.setenv("ARGON2_MEMORY_KIB", "16")
    [later] = containers(1)

    assert log_in(later, password="wrong horse").status == 401
    before = password_hash(migrated)
    assert log_in(later).status == 200

    assert "m=8," in before
    assert "m=16," in password_hash(migrated)
    assert log_in(later).status == 200


def password_hash(database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT password_hash FROM users").fetchone()
    assert row
    return str(row[0])


def test_me_needs_a_token_of_an_account_that_exists(container: Container, migrated: str) -> None:
    token = register(container).json["accessToken"]

    nobody, garbage = me(container, None), me(container, "garbage")
    with psycopg.connect(migrated) as connection:
        connection.execute("DELETE FROM users")
    gone = me(container, token)

    assert (nobody.status, nobody.json["type"]) == (401, "auth/unauthorized")
    assert (garbage.status, garbage.json["type"]) == (401, "auth/invalid-token")
    assert (gone.status, gone.json["type"]) == (401, "auth/invalid-token")
