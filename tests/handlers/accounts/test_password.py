"""Choosing another password."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.container import Answer, Container
from tests.handlers.accounts.client import (
    ADA,
    alike,
    change_password,
    log_in,
    me,
    refresh,
    register,
)

NEW = "staple battery"


def outcome(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.json.get("type") if answer.text else None


def test_the_new_password_signs_in_and_the_old_one_no_longer(container: Container) -> None:
    token = register(container).json["accessToken"]

    answer = change_password(container, token, ADA["password"], NEW)

    assert (answer.status, answer.text) == (204, "")
    assert log_in(container, password=NEW).status == 200
    assert log_in(container).status == 401


def test_everyone_else_is_signed_out(container: Container) -> None:
    thief, owner = register(container).json, log_in(container).json
    bob = register(container, email="bob@example.com").json

    change_password(container, owner["accessToken"], ADA["password"], NEW)

    assert refresh(container, thief["refreshToken"]).status == 401
    assert me(container, thief["accessToken"]).status == 401
    assert refresh(container, owner["refreshToken"]).status == 200
    assert refresh(container, bob["refreshToken"]).status == 200


@pytest.mark.parametrize(
    "new", ["short", "password1", "x" * 1025, "Ada@Example.com", "ada@example.com"]
)
def test_the_new_one_is_as_hard_to_guess_as_the_first(container: Container, new: str) -> None:
    token = register(container).json["accessToken"]

    answer = change_password(container, token, ADA["password"], new)

    assert outcome(answer) == (400, "validation/invalid")
    assert [fault["pointer"] for fault in answer.json["errors"]] == ["/newPassword"]
    assert log_in(container).status == 200


def test_a_wrong_one_looks_like_none_at_all(container: Container, migrated: str) -> None:
    """Whether an account has a password, or signs in with Google, is its owner's business."""
    ada = register(container).json["accessToken"]
    eve = register(container, email="eve@example.com").json["accessToken"]
    with psycopg.connect(migrated) as connection:
        connection.execute("UPDATE users SET password_hash = NULL WHERE email LIKE 'eve%'")

    wrong = change_password(container, ada, "wrong horse", NEW)
    none = change_password(container, eve, "wrong horse", NEW)

    assert outcome(wrong) == (401, "auth/invalid-credentials")
    assert alike(wrong) == alike(none)


def test_whoever_holds_a_session_cannot_guess_for_long(container: Container) -> None:
    token = register(container).json["accessToken"]

    answers = [change_password(container, token, f"wrong {i:04}", NEW) for i in range(12)]

    assert [answer.status for answer in answers] == [401] * 10 + [429] * 2
    assert outcome(change_password(container, token, ADA["password"], NEW)) == (
        429,
        "request/rate-limited",
    )
    assert log_in(container).status == 200


def test_no_session_of_the_old_password_survives_the_change(
    environment: pytest.MonkeyPatch, containers: Callable[[int], list[Container]]
) -> None:
    """A sign-in that checks the old password while it is changed comes too late or is ended."""
    environment.setenv("RATE_LIMIT_SCALE", "1000")
    owner, *thieves = containers(4)
    token = register(owner).json["accessToken"]
    passwords = [ADA["password"], *(f"staple battery {i}" for i in range(12))]

    for old, new in itertools.pairwise(passwords):
        with ThreadPoolExecutor(4) as pool:
            tries = [pool.submit(log_in, thief, password=old) for thief in thieves]
            changed = pool.submit(change_password, owner, token, old, new)

        assert changed.result().status == 204
        for thief, attempt in zip(thieves, tries, strict=True):
            if attempt.result().status == 200:
                stolen = attempt.result().json["refreshToken"]
                assert refresh(thief, stolen).status == 401
