"""Signing in with Google, in front of a provider of our own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from hub_core.adapters.settings import SettingsError, read_settings
from tests.accounts.oidc import OpenIdProvider
from tests.container import Container
from tests.handlers.accounts.client import (
    ADA,
    change_password,
    google,
    log_in,
    me,
    outcome,
    refresh,
    register,
)


def test_the_first_time_opens_an_account_and_the_next_time_finds_it(
    provider: OpenIdProvider, container: Container
) -> None:
    first, second = (google(container, provider.token()) for _ in range(2))

    assert (first.status, second.status) == (200, 200)
    user = first.json["user"]
    assert user["email"] == "ada@example.com"
    assert user["displayName"] == "Ada Lovelace"
    assert user["avatarUrl"] == "https://pictures.example/ada.jpg"
    assert second.json["user"] == user
    assert me(container, second.json["accessToken"]).json["user"] == user
    assert refresh(container, first.json["refreshToken"]).status == 200


def test_the_same_person_with_another_address_has_the_same_account(
    provider: OpenIdProvider, container: Container
) -> None:
    first = google(container, provider.token())

    moved = google(container, provider.token(email="lovelace@example.com", name="A. L."))

    assert moved.json["user"] == first.json["user"]


def test_another_person_with_the_same_address_has_none(
    provider: OpenIdProvider, container: Container
) -> None:
    """A company gives the address of one who left to one who came."""
    google(container, provider.token())

    other = google(container, provider.token(sub="20000000000000000000"))

    assert outcome(other) == (409, "auth/user-exists")


def test_two_tabs_at_once_open_one_account(
    provider: OpenIdProvider, containers: Callable[[int], list[Container]]
) -> None:
    crowd = containers(6)
    token = provider.token()

    with ThreadPoolExecutor(len(crowd)) as pool:
        answers = list(pool.map(lambda i: google(crowd[i % 6], token), range(24)))

    assert {answer.status for answer in answers} == {200}
    assert len({answer.json["user"]["id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("claims", "name", "picture"),
    [
        ({"name": None, "picture": None}, "ada", None),
        ({"name": "\u202eevil", "picture": "http://pictures.example/ada.jpg"}, "ada", None),
        ({"name": "x" * 61, "picture": "javascript:alert(1)"}, "ada", None),
        ({"name": 7, "picture": ["https://a.example"]}, "ada", None),
    ],
)
def test_what_cannot_be_shown_is_left_out(
    provider: OpenIdProvider,
    container: Container,
    claims: dict[str, Any],
    name: str,
    picture: str | None,
) -> None:
    user = google(container, provider.token(**claims)).json["user"]

    assert (user["displayName"], user["avatarUrl"]) == (name, picture)


# --- an address that has an account already


def test_who_lay_in_wait_is_out_and_gets_nothing(
    provider: OpenIdProvider, container: Container
) -> None:
    """Eve registers Ada's address, and waits for Ada to come with Google."""
    eve = register(container, displayName="Eve").json

    ada = google(container, provider.token()).json

    assert ada["user"]["id"] != eve["user"]["id"]
    assert ada["user"]["displayName"] == "Ada Lovelace"
    assert outcome(log_in(container)) == (401, "auth/invalid-credentials")
    assert outcome(refresh(container, eve["refreshToken"])) == (401, "auth/invalid-token")
    assert outcome(me(container, eve["accessToken"])) == (401, "auth/invalid-token")
    assert outcome(
        change_password(container, eve["accessToken"], ADA["password"], "staple battery")
    ) == (401, "auth/invalid-token")
    assert outcome(register(container)) == (409, "auth/user-exists")
    assert me(container, ada["accessToken"]).json["user"]["email"] == "ada@example.com"


def test_nor_does_the_one_who_proves_the_address_get_what_never_was_theirs(
    provider: OpenIdProvider, container: Container, migrated: str
) -> None:
    """Bob mistyped his address as Ada's; his account is not hers."""
    bob = register(container, displayName="Bob").json["user"]

    ada = google(container, provider.token()).json["user"]

    with psycopg.connect(migrated) as connection:
        rows = connection.execute(
            "SELECT id, email_canonical, password_hash FROM users ORDER BY id"
        ).fetchall()
    assert rows == [
        (bob["id"], f"{bob['id'].lower()}@retired.invalid", None),
        (ada["id"], "ada@example.com", None),
    ]


def test_nobody_can_register_or_sign_in_as_a_retired_account(
    provider: OpenIdProvider, container: Container
) -> None:
    bob = register(container, displayName="Bob").json["user"]
    google(container, provider.token())
    retired = f"{bob['id'].lower()}@retired.invalid"

    for answer in (register(container, email=retired), log_in(container, email=retired)):
        assert outcome(answer) == (400, "validation/invalid")


def test_an_account_by_google_cannot_be_signed_in_to_with_any_password(
    provider: OpenIdProvider, container: Container
) -> None:
    google(container, provider.token())

    for password in ("", "\x00" * 8, "correct horse", "None" * 2):
        assert log_in(container, password=password).status in {400, 401}


# --- keys


def test_keys_are_fetched_once_for_many_sign_ins(
    provider: OpenIdProvider, container: Container
) -> None:
    answers = [google(container, provider.token()) for _ in range(5)]

    assert {answer.status for answer in answers} == {200}
    assert provider.fetches == 1


def test_made_up_key_ids_do_not_make_us_ask_again_and_again(
    provider: OpenIdProvider, container: Container
) -> None:
    google(container, provider.token())

    for i in range(10):
        forged = provider.sign(provider.claims(), kid=f"k{i + 7}")
        assert outcome(google(container, forged)) == (401, "auth/invalid-token")

    assert provider.fetches == 1
    assert google(container, provider.token()).status == 200


@pytest.mark.parametrize(
    ("status", "body"),
    [(503, None), (200, b""), (200, b"{}"), (200, b'{"keys": []}'), (200, b"x" * 100_000)],
)
def test_without_any_keys_nobody_can_be_believed(
    provider: OpenIdProvider, container: Container, status: int, body: bytes | None
) -> None:
    provider.status, provider.body = status, body

    answer = google(container, provider.token())

    assert outcome(answer) == (503, "server/unavailable")
    provider.status, provider.body = 200, None
    assert google(container, provider.token()).status == 200


def test_where_google_is_not_set_up_nobody_is_believed(
    environment: pytest.MonkeyPatch, provider: OpenIdProvider, container: Container
) -> None:
    environment.setenv("GOOGLE_CLIENT_IDS", "")

    assert outcome(google(container, provider.token())) == (401, "auth/invalid-token")
    assert provider.fetches == 0


def test_production_believes_google_alone(
    environment: pytest.MonkeyPatch, provider: OpenIdProvider
) -> None:
    for name, value in {
        "ENVIRONMENT": "production",
        "ARGON2_MEMORY_KIB": "19456",
        "ARGON2_TIME_COST": "2",
        "RATE_LIMIT_SCALE": "1",
    }.items():
        environment.setenv(name, value)

    with pytest.raises(SettingsError, match="only Google's in production"):
        read_settings()

    environment.delenv("GOOGLE_ISSUER")
    environment.delenv("GOOGLE_JWKS_URL")
    read_settings()
