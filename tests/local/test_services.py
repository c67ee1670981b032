"""The embedded data stores: what is acknowledged stays, what is started ends."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
from redis.asyncio import Redis

from local.services import (
    EmbeddedServices,
    Endpoints,
    ServiceError,
    create_database,
    embedded_services,
)
from local.services.child import Server, still_running
from local.services.keyring import Keyring
from local.services.postgres import Postgres
from local.services.reach import reach_database
from local.services.valkey import Valkey

ROOT = Path(__file__).parents[2]


async def sql(url: str, statement: str) -> list[tuple[object, ...]]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute(statement.encode())
        return await cursor.fetchall() if cursor.description else []


def recorded(folder: Path) -> list[psutil.Process]:
    """The servers that the folder's pid files name."""
    records = [json.loads(path.read_text()) for path in folder.glob("*.pid")]
    assert len(records) == 2
    return [psutil.Process(record["pid"]) for record in records]


def all_ended(processes: list[psutil.Process]) -> bool:
    """Ten seconds at most; what waits only for init to take note of it has ended."""
    _, alive = psutil.wait_procs(processes, timeout=10)
    return all(process.status() == psutil.STATUS_ZOMBIE for process in alive)


@contextmanager
def services_process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Endpoints]]:
    """`python -m local.services`, ready; killed at the end unless it has gone."""
    with subprocess.Popen(
        [sys.executable, "-m", "local.services", "--data", folder],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        try:
            yield process, Endpoints(**json.loads(process.stdout.readline()))
        finally:
            process.kill()


@contextmanager
def a_process(user: str | None = None) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"], user=user) as process:
        yield process
        process.kill()


async def eventually(claim: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while True:
            if claim():
                return
            await asyncio.sleep(0)


async def test_what_is_written_survives_a_restart(tmp_path: Path) -> None:
    async with embedded_services(tmp_path) as before:
        await sql(before.database_url, "CREATE TABLE said AS SELECT 'hello' AS words")
        async with Redis.from_url(before.redis_url) as redis:
            await redis.set("said", "hello")

    async with embedded_services(tmp_path) as after:
        assert await sql(after.database_url, "SELECT words FROM said") == [("hello",)]
        async with Redis.from_url(after.redis_url) as redis:
            assert await redis.get("said") == b"hello"
        assert after == before, "who has noted a URL can go on using it"


async def test_after_a_kill_the_servers_end_and_a_second_start_has_the_data(tmp_path: Path) -> None:
    with services_process(tmp_path) as (process, endpoints):
        await sql(endpoints.database_url, "CREATE TABLE said AS SELECT 'hello' AS words")
        servers = recorded(tmp_path)
        process.send_signal(signal.SIGKILL)
        process.wait()

        async with embedded_services(tmp_path) as after:
            assert all_ended(servers)
            assert await sql(after.database_url, "SELECT words FROM said") == [("hello",)]


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels tell no child that it is alone")
def test_a_killed_emulator_leaves_no_server_behind(tmp_path: Path) -> None:
    with services_process(tmp_path) as (process, _):
        servers = recorded(tmp_path)
        process.send_signal(signal.SIGKILL)

        assert all_ended(servers)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_servers_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with services_process(tmp_path) as (process, _):
        servers = recorded(tmp_path)
        process.send_signal(number)

        assert process.wait(10) == 0
        assert not any(server.is_running() for server in servers)
    assert "database system is shut down" in (tmp_path / "postgresql.log").read_text()


def test_the_end_of_standard_input_ends_the_servers(tmp_path: Path) -> None:
    with services_process(tmp_path) as (process, _):
        servers = recorded(tmp_path)
        assert process.stdin
        process.stdin.close()

        assert process.wait(10) == 0
        assert not any(server.is_running() for server in servers)


async def test_two_folders_run_side_by_side(tmp_path: Path) -> None:
    async with (
        embedded_services(tmp_path / "one") as one,
        embedded_services(tmp_path / "two") as two,
    ):
        await sql(one.database_url, "CREATE TABLE only_in_one ()")

        assert await sql(two.database_url, "SELECT to_regclass('only_in_one')") == [(None,)]
        assert one.redis_url != two.redis_url


async def test_a_folder_in_use_is_named_with_its_holder(tmp_path: Path) -> None:
    with services_process(tmp_path) as (process, _):
        with pytest.raises(
            ServiceError, match=f"in use by another emulator .process {process.pid}"
        ):
            async with embedded_services(tmp_path):
                pass

        assert all(server.is_running() for server in recorded(tmp_path)), "the first goes on"


async def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ServiceError, match="cannot be used: Not a directory"):
        async with embedded_services(tmp_path / "file" / "data"):
            pass


async def test_a_lock_file_of_a_dead_server_does_not_stop_the_next(tmp_path: Path) -> None:
    async with embedded_services(tmp_path):
        pass
    # Given the process id of the dead server was given to somebody whom it could signal.
    with a_process(user="nobody" if os.geteuid() == 0 else None) as stranger:
        lock = tmp_path / "postgres" / "postmaster.pid"
        lock.write_text(f"{stranger.pid}\n{tmp_path}/postgres\n1\n5432\n\n127.0.0.1\n\nready\n")
        lock.chmod(0o666)

        async with embedded_services(tmp_path) as endpoints:
            assert await sql(endpoints.database_url, "SELECT 1") == [(1,)]
        assert stranger.poll() is None, "the stranger is left alone"


async def test_a_creation_that_was_interrupted_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres.new" / "base").mkdir(parents=True)
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")

    async with embedded_services(tmp_path) as endpoints:
        assert await sql(endpoints.database_url, "SELECT 1") == [(1,)]

    assert not (tmp_path / "postgres.new").exists()


async def test_giving_up_while_starting_leaves_nothing_running(tmp_path: Path) -> None:
    before = set(psutil.Process().children(recursive=True))  # other tests' data stores
    services = EmbeddedServices(tmp_path, Keyring(tmp_path))
    start = asyncio.ensure_future(services.start())
    await eventually((tmp_path / "postgres.new").exists)
    start.cancel()

    with pytest.raises(asyncio.CancelledError):
        await start

    started = set(psutil.Process().children(recursive=True)) - before
    assert [child.name() for child in started] == []


async def test_a_kill_while_the_data_are_created_does_no_harm(tmp_path: Path) -> None:
    first = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local.services", "--data", tmp_path), cwd=ROOT
    )
    await eventually((tmp_path / "postgres.new" / "PG_VERSION").exists)
    first.kill()
    await first.wait()

    async with embedded_services(tmp_path) as endpoints:
        assert await sql(endpoints.database_url, "SELECT 1") == [(1,)]


async def test_any_length_of_path_will_do(tmp_path: Path) -> None:
    deep = tmp_path / ("a long way down " * 8) / "it's here"

    async with embedded_services(deep) as endpoints:
        assert await sql(endpoints.database_url, "SELECT 1") == [(1,)]


async def test_passwords_are_asked_for_and_shown_nowhere(tmp_path: Path) -> None:
    async with embedded_services(tmp_path) as endpoints:
        passwords = list(json.loads((tmp_path / "secrets.json").read_text()).values())
        port = endpoints.database_url.rsplit(":", 1)[1].split("/")[0]
        with pytest.raises(psycopg.OperationalError, match="password"):
            await sql(f"postgresql://hub:guess@127.0.0.1:{port}/hub", "SELECT 1")
        seen = [" ".join(server.cmdline()) for server in recorded(tmp_path)]
        seen += [(tmp_path / log).read_text() for log in ("postgresql.log", "valkey.log")]

    assert len(passwords) == 2
    assert not [password for password in passwords for text in seen if password in text]
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert not (tmp_path / "postgres.password").exists()


@pytest.mark.parametrize("kind", [Postgres, Valkey])
async def test_a_port_taken_at_the_last_moment_is_not_the_end(
    tmp_path: Path, kind: type[Postgres | Valkey]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("", 0)) as spare:
        ports = [taken.getsockname()[1], spare.getsockname()[1]]
        spare.close()
        server = kind(tmp_path, "password", pick_port=lambda _: ports.pop(0))

        url = await server.start()

        assert not ports
        assert f":{taken.getsockname()[1]}/" not in url
        await server.stop()


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = Valkey(tmp_path, "password", pick_port=lambda _: taken.getsockname()[1])

        with pytest.raises(
            ServiceError, match=r"Valkey stopped with exit code 1: .*listening on port"
        ):
            await server.start()


async def test_a_server_that_dies_is_reported(tmp_path: Path) -> None:
    services = EmbeddedServices(tmp_path, Keyring(tmp_path), wanted=["postgres"])
    endpoints = await services.start()
    assert not endpoints.redis_url
    failure = asyncio.ensure_future(services.failed())
    record = json.loads((tmp_path / "postgresql.pid").read_text())
    os.kill(record["pid"], signal.SIGKILL)

    assert "PostgreSQL stopped with exit code -9" in str(await failure)
    await services.stop()


async def test_data_of_another_version_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")

    with pytest.raises(ServiceError, match="was made by PostgreSQL 17, this is 18"):
        async with embedded_services(tmp_path):
            pass


async def test_lost_secrets_are_explained(tmp_path: Path) -> None:
    async with embedded_services(tmp_path):
        pass
    (tmp_path / "secrets.json").unlink()

    with pytest.raises(ServiceError, match=r"does not accept the password kept in secrets\.json"):
        async with embedded_services(tmp_path):
            pass


async def test_a_database_url_of_something_else_is_not_repeated() -> None:
    with pytest.raises(ServiceError) as refused:
        await reach_database("mysql://hub:hidden@db/hub")

    assert str(refused.value) == "DATABASE_URL is no URL of PostgreSQL."


async def test_a_database_is_created_once(database_url: str) -> None:
    first = await create_database(database_url, "another one")
    await sql(first, "CREATE TABLE here ()")
    second = await create_database(database_url, "another one")

    assert first == second
    assert await sql(second, "SELECT to_regclass('here')") == [("here",)]


async def test_an_orphan_is_ended_before_the_next_start(tmp_path: Path) -> None:
    server = Server("Sleep", tmp_path, shutdown=signal.SIGTERM)
    with a_process() as orphan:
        (tmp_path / "sleep.pid").write_text(
            json.dumps(
                {"pid": orphan.pid, "started": psutil.Process(orphan.pid).create_time(), "port": 1}
            )
        )

        await server.reap()

        assert orphan.wait(10) == -signal.SIGTERM


async def test_a_process_that_got_an_orphans_number_is_left_alone(tmp_path: Path) -> None:
    server = Server("Sleep", tmp_path, shutdown=signal.SIGTERM)
    with a_process() as stranger:
        earlier = psutil.Process(stranger.pid).create_time() - 60
        (tmp_path / "sleep.pid").write_text(
            json.dumps({"pid": stranger.pid, "started": earlier, "port": 1})
        )

        await server.reap()

        assert stranger.poll() is None
        assert still_running(stranger.pid, earlier) is None


def test_a_secret_is_made_once_for_each_name(tmp_path: Path) -> None:
    first = Keyring(tmp_path).secret("ONE")

    assert Keyring(tmp_path).secret("ONE") == first
    assert Keyring(tmp_path).secret("TWO") != first
    assert len(first) == 64, "48 bytes in base64"


@pytest.mark.parametrize("content", ["{", "[]", '{"ONE": 1}'])
def test_secrets_that_cannot_be_read_are_not_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "secrets.json").write_text(content)

    with pytest.raises(ServiceError, match="The secrets kept in"):
        Keyring(tmp_path)
