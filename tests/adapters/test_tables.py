"""SQLAlchemy's side: transactions, and a pool that outlives a killed connection."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from hub_core.adapters import runtime
from hub_core.adapters.tables import transaction
from tests.container import Container


async def _backend() -> int:
    async with transaction() as session:
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
    assert isinstance(pid, int)
    return pid


async def _keep(value: int) -> None:
    async with transaction() as session:
        await session.execute(text("INSERT INTO kept VALUES (:value)"), {"value": value})


async def _kept() -> list[int]:
    async with transaction() as session:
        await session.execute(text("CREATE TABLE IF NOT EXISTS kept (value int PRIMARY KEY)"))
        return list(await session.scalars(text("SELECT value FROM kept ORDER BY value")))


@pytest.fixture
def kept(container: Container, database_url: str) -> Iterator[None]:
    """A table of one column, for stories about transactions."""
    container.do(lambda: runtime.run(_kept()))
    yield
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP TABLE kept")


@pytest.mark.usefixtures("kept")
def test_a_block_that_ends_well_is_committed(container: Container) -> None:
    container.do(lambda: runtime.run(_keep(1)))

    assert container.do(lambda: runtime.run(_kept())) == [1]


@pytest.mark.usefixtures("kept")
def test_a_block_that_fails_leaves_nothing(container: Container) -> None:
    async def fail_half_way() -> None:
        async with transaction() as session:
            await session.execute(text("INSERT INTO kept VALUES (1)"))
            raise RuntimeError("defect")

    with pytest.raises(RuntimeError):
        container.do(lambda: runtime.run(fail_half_way()))

    assert container.do(lambda: runtime.run(_kept())) == []


@pytest.mark.usefixtures("kept")
def test_a_failed_statement_does_not_repeat_what_a_person_wrote(container: Container) -> None:
    async def write_too_much() -> None:
        async with transaction() as session:
            await session.execute(
                text("INSERT INTO kept VALUES (1), (CAST(:value AS int))"), {"value": "77"}
            )
            await session.execute(text("INSERT INTO kept VALUES (:value)"), {"value": 77})

    with pytest.raises(IntegrityError) as told:
        container.do(lambda: runtime.run(write_too_much()))

    assert "parameters hidden" in str(told.value)


def test_a_connection_that_died_while_it_was_kept_is_replaced(
    container: Container, database_url: str
) -> None:
    before = container.do(lambda: runtime.run(_backend()))
    with psycopg.connect(database_url) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [before])

    after = container.do(lambda: runtime.run(_backend()))

    assert after != before


def test_a_connection_that_dies_in_the_middle_is_told_and_the_next_request_is_fine(
    container: Container,
) -> None:
    async def die() -> None:
        async with transaction() as session:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DBAPIError):
        container.do(lambda: runtime.run(die()))

    assert container.do(lambda: runtime.run(_backend()))
