"""The migration, as CloudFormation calls it."""

import asyncio
import json
from typing import Any

import psycopg
import pytest

from hub_core.adapters.schema import HEAD
from infra.migrate import migrate, revision_of
from infra.migration import handler, respond_to
from tests.adapters.listener import listening


def _event(kind: str, url: str = "http://127.0.0.1:9/answer") -> dict[str, Any]:
    return {
        "RequestType": kind,
        "ResponseURL": url,
        "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/hub/1",
        "RequestId": "request-1",
        "LogicalResourceId": "Migrated",
        "ResourceProperties": {},
    }


def _answer(kind: str, patience_sec: float = 30) -> dict[str, Any]:
    answers: list[bytes] = []
    respond_to(_event(kind), lambda _url, body: answers.append(body), patience_sec)
    (answer,) = answers
    parsed: dict[str, Any] = json.loads(answer)
    return parsed


@pytest.fixture
def database(empty: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database to which the environment leads."""
    monkeypatch.setenv("DATABASE_URL", empty)
    return empty


def test_a_new_stack_gets_the_newest_schema(database: str) -> None:
    answer = _answer("Create")

    assert revision_of(database) == HEAD
    assert answer == {
        "Status": "SUCCESS",
        "PhysicalResourceId": "schema",
        "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/hub/1",
        "RequestId": "request-1",
        "LogicalResourceId": "Migrated",
        "Data": {"Revision": HEAD},
    }


def test_a_roll_back_leaves_a_newer_schema_alone(database: str) -> None:
    migrate(database)
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    answer = _answer("Update")

    assert (answer["Status"], answer["Data"]) == ("SUCCESS", {"Revision": "9999"})


def test_deleting_the_stack_deletes_no_data(database: str) -> None:
    migrate(database)

    assert _answer("Delete")["Status"] == "SUCCESS"
    assert revision_of(database) == HEAD


def test_a_database_that_sleeps_is_waited_for(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waking = iter([psycopg.OperationalError("timeout expired"), None])

    def asked(database_url: str) -> str | None:
        if error := next(waking, None):
            raise error
        return revision_of(database_url)

    monkeypatch.setattr("infra.migrate.revision_of", asked)

    assert _answer("Update")["Status"] == "SUCCESS"
    assert revision_of(database) == HEAD


def test_a_failure_is_told_and_fails_the_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://hub:hunter2@127.0.0.1:9/hub")

    answer = _answer("Create", patience_sec=0)

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("OperationalError: ")
    assert "hunter2" not in answer["Reason"]


def test_a_url_of_something_else_is_not_told_to_cloudformation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://hub:hunter2@db/hub")

    answer = _answer("Create")

    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == "UnfitUrlError: DATABASE_URL: is no URL of PostgreSQL"


@pytest.mark.usefixtures("database")
async def test_the_answer_goes_where_cloudformation_asks_for_it() -> None:
    async with listening() as bucket:
        await asyncio.to_thread(handler, _event("Delete", bucket.url), None)

    (asked,) = bucket.asked
    assert asked.method == "PUT"
    assert asked.headers["content-type"] == ""
    assert json.loads(asked.body)["Status"] == "SUCCESS"
