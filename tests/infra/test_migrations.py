"""Migrations: up, down and up again is the same schema, and it is the one of the tables."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url

from hub_core.adapters.schema import HEAD, serves
from infra.migrate import alembic_config, main, migrate, revision_of
from infra.schema import METADATA

LOCK = 0x4875624D
"""Of `infra/migrations/env.py`, which only Alembic can import."""
_FOR_THE_ROLE = (
    "DO $$ BEGIN EXECUTE format('ALTER ROLE %I IN DATABASE %I SET {}',"
    " current_user, current_database()); END $$"
)
_WAITS_LONGER = """
SELECT pid FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event = 'advisory'
   AND clock_timestamp() - query_start > interval '0.6 s'
"""

Description = list[tuple[object, ...]]


def _described(database_url: str) -> Description:
    """Every column, constraint, index, enum and setting, as PostgreSQL itself words them."""
    with psycopg.connect(database_url) as connection:
        return connection.execute(
            """
            SELECT 'column', table_name, column_name, data_type, udt_name, is_nullable,
                   column_default, collation_name, character_maximum_length
              FROM information_schema.columns WHERE table_schema = 'public'
            UNION ALL
            SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid),
                   NULL, NULL, NULL, NULL, NULL
              FROM pg_constraint WHERE connamespace = 'public'::regnamespace
            UNION ALL
            SELECT 'index', tablename, indexname, indexdef, NULL, NULL, NULL, NULL, NULL
              FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL
            SELECT 'enum', typname, enumlabel, enumsortorder::text, NULL, NULL, NULL, NULL, NULL
              FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid
            UNION ALL
            SELECT 'setting', unnest(setconfig), setrole::regrole::text,
                   NULL, NULL, NULL, NULL, NULL, NULL
              FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase
             WHERE datname = current_database()
            ORDER BY 1, 2, 3, 4
            """
        ).fetchall()


def _things(described: Description) -> set[object]:
    return {(kind, table) for kind, table, *_ in described if table != "alembic_version"}


def test_up_down_up_is_the_same_schema_and_down_is_nothing(empty: str) -> None:
    migrate(empty)
    first = _described(empty)

    migrate(empty, "base")
    nothing = _described(empty)
    migrate(empty)

    assert len(first) > 100
    assert _things(nothing) == set()
    assert _described(empty) == first


def test_every_single_step_can_be_taken_back(empty: str) -> None:
    script = ScriptDirectory.from_config(alembic_config(empty))
    steps = [revision.revision for revision in reversed(list(script.walk_revisions()))]
    before = [_described(empty)]

    for step in steps:
        migrate(empty, step)
        before.append(_described(empty))
    for step in reversed(["base", *steps[:-1]]):
        migrate(empty, step)
        before.pop()
        assert _things(_described(empty)) == _things(before[-1])

    assert steps[-1] == HEAD


def test_the_schema_is_the_one_of_the_tables(empty: str) -> None:
    migrate(empty)
    engine = create_engine(make_url(empty).set(drivername="postgresql+psycopg"))

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        difference = compare_metadata(context, METADATA)
    engine.dispose()

    assert difference == []


def test_a_second_run_finds_nothing_to_do(empty: str) -> None:
    assert migrate(empty) is True
    assert migrate(empty) is False
    assert revision_of(empty) == HEAD


def test_nodes_that_start_at_once_migrate_once(empty: str) -> None:
    environment = {**os.environ, "DATABASE_URL": empty}

    def start() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "infra.migrate"],
            cwd=Path(__file__).parents[2],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    with ThreadPoolExecutor(3) as nodes:
        runs = [future.result() for future in [nodes.submit(start) for _ in range(3)]]

    assert [run.returncode for run in runs] == [0, 0, 0], [run.stderr for run in runs]
    assert revision_of(empty) == HEAD


def test_a_migration_waits_for_another_node_longer_than_a_request_would(empty: str) -> None:
    migrate(empty)
    migrate(empty, "0003")
    with psycopg.connect(empty, autocommit=True) as other, ThreadPoolExecutor(1) as node:
        for bound in ("statement_timeout = 500", "lock_timeout = 1"):
            other.execute(_FOR_THE_ROLE.format(bound).encode())
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])

        migration = node.submit(migrate, empty)
        while not (migration.done() or other.execute(_WAITS_LONGER).fetchone()):
            pass
        other.execute("SELECT pg_advisory_unlock(%s)", [LOCK])

        assert migration.result() is True


def test_old_code_serves_on_a_newer_schema_and_not_on_an_older_one() -> None:
    assert serves(HEAD)
    assert serves(f"{int(HEAD) + 1:04}")
    assert not serves(f"{int(HEAD) - 1:04}")


def test_a_database_that_does_not_answer_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://hub:hunter2@127.0.0.1:9/hub")

    code = main([])

    told = capsys.readouterr().err
    assert code == 1
    assert told.startswith("The database does not answer: ")
    assert "hunter2" not in told


def test_a_url_of_something_else_is_one_sentence_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://hub:hunter2@db/hub")

    code = main([])

    assert (code, capsys.readouterr().err) == (1, "DATABASE_URL: is no URL of PostgreSQL\n")


@pytest.mark.parametrize("flag", ["--to", "--sql"])
@pytest.mark.parametrize("revision", ["9999", "head", "-1", "1"])
def test_a_revision_that_there_is_not_is_told(
    capsys: pytest.CaptureFixture[str], flag: str, revision: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([f"{flag}={revision}"])

    assert ended.value.code == 2
    assert f"there is no revision '{revision}'; the newest is {HEAD}" in capsys.readouterr().err


def test_without_a_database_there_is_nothing_to_migrate(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)

    assert main([]) == 1
    assert capsys.readouterr().err == "DATABASE_URL: is missing\n"
