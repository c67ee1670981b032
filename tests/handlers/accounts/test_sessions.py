"""Where an account is signed in, and how it is signed out."""

from typing import Any

import psycopg
import pytest

from hub_core.kernel.ids import new_id
from tests.container import Answer, Container
from tests.handlers.accounts.client import (
    ADA,
    end_other_sessions,
    end_session,
    log_in,
    log_out,
    me,
    refresh,
    register,
    sessions,
)


def sign_in(container: Container, program: str) -> dict[str, Any]:
    tokens: dict[str, Any] = log_in(container, headers={"user-agent": program}).json
    return tokens


def is_over(container: Container, tokens: dict[str, Any]) -> bool:
    """Neither of the pair is worth anything."""
    answers = (refresh(container, tokens["refreshToken"]), me(container, tokens["accessToken"]))
    return all(outcome(answer) == (401, "auth/invalid-token") for answer in answers)


def outcome(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.json.get("type") if answer.text else None


def test_each_device_is_listed_the_last_used_first(container: Container) -> None:
    register(container)
    phone, laptop = sign_in(container, "Phone/1"), sign_in(container, "Laptop/2")
    refresh(container, phone["refreshToken"])

    listed = sessions(container, laptop["accessToken"]).json["sessions"]

    assert [(one["userAgent"], one["current"]) for one in listed] == [
        ("Phone/1", False),
        ("Laptop/2", True),
        ("tests/1.0", False),
    ]
    assert listed[0].keys() == {"id", "createdAt", "lastUsedAt", "userAgent", "current"}
    assert listed[0]["lastUsedAt"] > listed[0]["createdAt"]


def test_neither_what_is_over_nor_what_is_another_persons_is_listed(
    container: Container, migrated: str
) -> None:
    ada = register(container).json
    bob = register(container, email="bob@example.com").json
    ended, expired = sign_in(container, "ended"), sign_in(container, "expired")
    log_out(container, ended["accessToken"])
    with psycopg.connect(migrated) as connection:
        connection.execute(
            "UPDATE sign_in_sessions SET expires_at = now() WHERE user_agent = 'expired'"
        )

    for tokens in (ada, bob):
        assert len(sessions(container, tokens["accessToken"]).json["sessions"]) == 1
    assert expired


def test_what_was_over_a_week_ago_is_forgotten_at_the_next_sign_in(
    container: Container, migrated: str
) -> None:
    register(container)
    for program in ("expired 8", "expired 6", "ended 8", "ended 6", "bob's"):
        sign_in(container, program)
    bob = register(container, email="bob@example.com").json["user"]["id"]
    with psycopg.connect(migrated) as connection:
        connection.execute(
            "UPDATE sign_in_sessions SET"
            " user_id = CASE user_agent WHEN 'bob''s' THEN %s ELSE user_id END,"
            " expires_at = CASE WHEN user_agent IN ('expired 8', 'bob''s')"
            " THEN now() - interval '8 days' WHEN user_agent = 'expired 6'"
            " THEN now() - interval '6 days' ELSE expires_at END,"
            " revoked_at = CASE user_agent WHEN 'ended 8' THEN now() - interval '8 days'"
            " WHEN 'ended 6' THEN now() - interval '6 days' END",
            (bob,),
        )

    sign_in(container, "now")

    with psycopg.connect(migrated) as connection:
        kept = {name for (name,) in connection.execute("SELECT user_agent FROM sign_in_sessions")}
    assert kept == {"tests/1.0", "expired 6", "ended 6", "bob's", "now"}


def test_a_session_can_be_ended_from_elsewhere(container: Container) -> None:
    here, there = register(container).json, sign_in(container, "Phone/1")
    listed = sessions(container, here["accessToken"]).json["sessions"]
    [other] = [one["id"] for one in listed if not one["current"]]

    answers = [end_session(container, here["accessToken"], other) for _ in range(2)]

    assert [answer.status for answer in answers] == [204, 204]
    assert is_over(container, there)
    assert not is_over(container, here)


def test_another_persons_session_is_no_session(container: Container) -> None:
    ada = register(container).json
    bob = register(container, email="bob@example.com").json
    [adas] = sessions(container, ada["accessToken"]).json["sessions"]

    foreign = end_session(container, bob["accessToken"], adas["id"])
    missing = end_session(container, bob["accessToken"], new_id())
    no_id = end_session(container, bob["accessToken"], "x")

    assert outcome(foreign) == outcome(missing) == (404, "auth/session-not-found")
    assert outcome(no_id) == outcome(missing)
    assert foreign.json["detail"] == missing.json["detail"] == no_id.json["detail"]
    assert not is_over(container, ada)


def test_all_others_can_be_ended_at_once(container: Container) -> None:
    others = [register(container).json, sign_in(container, "Phone/1")]
    bob = register(container, email="bob@example.com").json
    here = sign_in(container, "Laptop/2")

    answer = end_other_sessions(container, here["accessToken"])

    assert answer.status == 204
    assert all(is_over(container, one) for one in others)
    assert not is_over(container, here)
    assert not is_over(container, bob)


def test_signing_out_ends_this_session_alone_and_can_be_repeated(container: Container) -> None:
    other, here = register(container).json, sign_in(container, "Laptop/2")

    answers = [
        log_out(container, here["accessToken"]),
        log_out(container, here["accessToken"]),
        log_out(container, here["accessToken"], refreshToken=here["refreshToken"]),
    ]

    assert [answer.status for answer in answers] == [204, 204, 204]
    assert [answer.text for answer in answers] == ["", "", ""]
    assert is_over(container, here)
    assert not is_over(container, other)


def test_the_refresh_token_of_another_device_ends_that_too(container: Container) -> None:
    other, here = register(container).json, sign_in(container, "Laptop/2")

    log_out(container, here["accessToken"], refreshToken=other["refreshToken"])

    assert is_over(container, here)
    assert is_over(container, other)


@pytest.mark.parametrize("kind", ["another person's", "forged"])
def test_but_not_a_token_that_is_not_ones_own(container: Container, kind: str) -> None:
    ada, bob = register(container).json, register(container, email="bob@example.com").json
    token = ada["refreshToken"]
    if kind == "forged":
        token = token[:-2] + ("AA" if not token.endswith("AA") else "BB")

    answer = log_out(container, bob["accessToken"], refreshToken=token)

    assert answer.status == 204
    assert is_over(container, bob)
    assert not is_over(container, ada)


def test_signing_out_needs_to_be_signed_in(container: Container) -> None:
    assert outcome(log_out(container, "garbage")) == (401, "auth/invalid-token")


def test_a_program_is_shown_as_it_names_itself_but_for_what_cannot_be_shown(
    container: Container,
) -> None:
    register(container, headers={"user-agent": "Evil\x1b[31m/1\u0085" + "x" * 1000})

    tokens = log_in(container, email=ADA["email"]).json
    names = [
        one["userAgent"] for one in sessions(container, tokens["accessToken"]).json["sessions"]
    ]

    assert names[1] == ("Evil[31m/1" + "x" * 1000)[:300]
