"""The socket path's PostgreSQL: one connection, kept, and quietly replaced when it died."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from hub_core.adapters.postgres import Postgres


@pytest.fixture
async def postgres(migrated: str) -> AsyncIterator[Postgres]:
    """A client of its own."""
    client = Postgres(migrated)
    yield client
    await client.aclose()


async def _backend(postgres: Postgres) -> int:
    (row,) = await postgres.run("SELECT pg_backend_pid() AS pid", {})
    pid: int = row["pid"]
    return pid


def _kill(database_url: str, backend: int) -> None:
    with psycopg.connect(database_url) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])


async def test_statements_share_one_connection(postgres: Postgres) -> None:
    assert await _backend(postgres) == await _backend(postgres)


async def test_rows_come_as_dicts_and_a_statement_without_rows_gives_none(
    postgres: Postgres,
) -> None:
    rows = await postgres.run("SELECT %(a)s::int AS a, 'x' AS b", {"a": 1})
    none = await postgres.run("CREATE TEMPORARY TABLE kept (a int)", {})

    assert rows == [{"a": 1, "b": "x"}]
    assert none == []


async def test_a_connection_that_died_while_it_was_kept_is_replaced(
    postgres: Postgres, database_url: str
) -> None:
    before = await _backend(postgres)
    _kill(database_url, before)

    after = await _backend(postgres)

    assert after != before


async def test_a_statement_that_kills_its_own_connection_is_tried_again_only_once(
    postgres: Postgres,
) -> None:
    await _backend(postgres)

    with pytest.raises(psycopg.OperationalError):
        await postgres.run("SELECT pg_terminate_backend(pg_backend_pid())", {})

    assert await _backend(postgres)


async def test_a_statement_that_takes_too_long_is_not_tried_again(
    postgres: Postgres, database_url: str
) -> None:
    await postgres.run("CREATE SEQUENCE tries", {})
    await postgres.run("SET statement_timeout = '100ms'", {})

    with pytest.raises(psycopg.errors.QueryCanceled):
        await postgres.run("SELECT nextval('tries'), pg_sleep(10)", {})

    (row,) = await postgres.run("SELECT last_value FROM tries", {})
    await postgres.run("DROP SEQUENCE tries", {})
    assert row == {"last_value": 1}


async def test_the_server_bounds_statements_and_pauses_and_a_pooler_s_reset_keeps_that(
    postgres: Postgres,
) -> None:
    await postgres.run("SET statement_timeout = 0", {})
    await postgres.run("DISCARD ALL", {})

    (row,) = await postgres.run(
        "SELECT current_setting('statement_timeout') AS statement,"
        " current_setting('lock_timeout') AS lock, current_setting('TimeZone') AS zone,"
        " current_setting('idle_in_transaction_session_timeout') AS idle",
        {},
    )

    assert row == {"statement": "3s", "lock": "1s", "zone": "UTC", "idle": "10s"}


async def test_a_mistake_in_a_statement_is_the_programmer_s_and_keeps_the_connection(
    postgres: Postgres,
) -> None:
    before = await _backend(postgres)

    with pytest.raises(psycopg.errors.UndefinedColumn):
        await postgres.run("SELECT nothing", {})

    assert await _backend(postgres) == before


async def test_a_database_that_is_not_there_is_told_without_the_password() -> None:
    postgres = Postgres("postgresql://hub:hunter2@127.0.0.1:9/hub")

    with pytest.raises(psycopg.OperationalError) as told:
        await postgres.run("SELECT 1", {})

    assert "hunter2" not in str(told.value)
