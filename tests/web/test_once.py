"""A creation that is sent again creates nothing more."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from hub_core.adapters.settings import settings
from hub_core.adapters.tokens import AccessClaims, access_tokens
from hub_core.kernel.clock import utc_now
from hub_core.kernel.ids import UserId, new_id
from tests.container import Answer, Container
from tests.gateway_events import http_event


@pytest.fixture
def ada(container: Container) -> str:
    return access_token()


def access_token() -> str:
    claims = AccessClaims(sub=UserId(new_id()), sid=new_id())
    return access_tokens(settings(), utc_now, new_id).mint(claims)


def create(container: Container, token: str, key: str | None, name: str = "one") -> Answer:
    headers = {} if key is None else {"idempotency-key": key}
    event = http_event("POST", "/v1/things", body={"name": name}, token=token, headers=headers)
    return container.http("tests.web.creating", event)


def how_many(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM users").fetchone()
    assert row
    return int(row[0])


def test_the_same_request_is_answered_as_the_first_time(
    container: Container, ada: str, migrated: str
) -> None:
    first, again = create(container, ada, "k1"), create(container, ada, "k1")

    assert (first.status, again.status) == (201, 201)
    assert again.json == first.json
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert how_many(migrated) == 1


def test_without_a_key_or_with_another_one_more_is_created(
    container: Container, ada: str, migrated: str
) -> None:
    answers = [create(container, ada, key) for key in (None, None, "k1", "k2")]

    assert len({answer.json["thingId"] for answer in answers}) == 4
    assert how_many(migrated) == 4


def test_a_key_stands_for_one_request(container: Container, ada: str, migrated: str) -> None:
    create(container, ada, "k1", "one")

    other = create(container, ada, "k1", "two")

    assert (other.status, other.json["type"]) == (422, "request/key-reused")
    assert how_many(migrated) == 1


def test_two_people_may_think_of_the_same_key(container: Container, migrated: str) -> None:
    answers = [create(container, access_token(), "k1") for _ in range(2)]

    assert len({answer.json["thingId"] for answer in answers}) == 2


def test_the_key_of_a_refused_request_is_free_again(
    container: Container, ada: str, migrated: str
) -> None:
    refused = create(container, ada, "k1", "forbidden")

    assert refused.status == 403
    assert create(container, ada, "k1", "one").status == 201
    assert how_many(migrated) == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "k\x7f"])
def test_a_key_is_a_word(container: Container, ada: str, key: str) -> None:
    answer = create(container, ada, key)

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (
        400,
        "/header/Idempotency-Key",
    )


def test_many_at_once_create_one(
    containers: Callable[[int], list[Container]], migrated: str
) -> None:
    crowd = containers(8)
    token = access_token()

    def insist(number: int) -> Answer:
        """Who waits longer for the first than the lock timeout is told to come back, and does."""
        while (answer := create(crowd[number % 8], token, "k1")).status == 503:
            assert answer.headers["retry-after"]
        return answer

    with ThreadPoolExecutor(len(crowd)) as pool:
        answers = list(pool.map(insist, range(40)))

    assert {answer.status for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert how_many(migrated) == 1


def test_after_a_day_a_key_is_forgotten(container: Container, ada: str, migrated: str) -> None:
    create(container, ada, "k1", "one")
    create(container, ada, "k2", "one")
    with psycopg.connect(migrated) as connection:
        connection.execute("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")

    again = create(container, ada, "k1", "two")

    assert again.status == 201
    assert how_many(migrated) == 3
    with psycopg.connect(migrated) as connection:
        kept = connection.execute("SELECT key FROM idempotency_keys").fetchall()
    assert kept == [("k1",)]
