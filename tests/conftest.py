"""The data stores of a test run: a PostgreSQL and a Valkey for each worker, started on demand."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import psycopg
import pytest
import redis

from hub_core.adapters.settings import settings
from hub_core.kernel.ids import new_id
from infra.migrate import migrate
from local.services import Endpoints
from tests.container import Container
from tests.emulator import Emulator, StartEmulator, running_emulator
from tests.live.valkeys import a_valkey, say, url_of
from tests.meetings.people import World
from tests.pooler import pooled
from tests.queues import TestQueue, running_moto

# How long an example takes is this machine's business, and no story's.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

_ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def data_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """Real servers of this worker's own (half a second), gone when the run ends, however it ends.

    They run under a process of their own, which ends with its standard input.
    """
    folder = tmp_path_factory.mktemp("data-stores")
    with subprocess.Popen(
        [sys.executable, "-m", "local.services", "--data", folder, "--forgetful"],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as services:
        assert services.stdin
        assert services.stdout
        ready = services.stdout.readline()
        assert ready, "the data stores did not start; they said why on standard error"
        yield Endpoints(**json.loads(ready))
        services.stdin.close()
        services.wait()
    # pytest keeps the folders of three runs; forty megabytes of empty database are no evidence.
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def database_url(data_stores: Endpoints) -> str:
    """An empty PostgreSQL database, `postgresql://…`, shared with no other worker."""
    return data_stores.database_url


@pytest.fixture(scope="session")
def redis_url(data_stores: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Valkey, `redis://…`, shared with no other worker.

    With `TESTS_REDIS=cluster` it is one in cluster mode that owns all slots, as the one endpoint of
    ElastiCache Serverless does: a command whose keys lie in several is refused.
    """
    if os.environ.get("TESTS_REDIS") != "cluster":
        yield data_stores.redis_url
        return
    folder = tmp_path_factory.mktemp("cluster")
    with a_valkey(folder, "--cluster-enabled", "yes") as valkey:
        say(valkey, "CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        while b"cluster_state:ok" not in say(valkey, "CLUSTER", "INFO"):
            pass
        yield url_of(valkey)


@pytest.fixture(scope="session")
def migrated(database_url: str) -> str:
    """The database with the newest schema."""
    migrate(database_url)
    return database_url


@pytest.fixture(scope="session")
def product_database_url(migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What the product connects to: the database, or a pooler in front (`make test-pooled`)."""
    if os.environ.get("TESTS_THROUGH") != "pgbouncer":
        yield migrated
        return
    with pooled(migrated, tmp_path_factory.mktemp("pgbouncer")) as url:
        yield url


@pytest.fixture
def environment(
    migrated: str, product_database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[pytest.MonkeyPatch]:
    """The product's environment on this worker's data stores, which are empty again afterwards.

    Change a variable with it before the first handler is called.
    """
    for name, value in {
        "ENVIRONMENT": "test",
        "DATABASE_URL": product_database_url,
        "REDIS_URL": redis_url,
        "JWT_ACCESS_SECRET": "a1:access-secret-access-secret-access",
        "JWT_REFRESH_SECRET": "r1:refresh-secret-refresh-secret-refresh",
        "ROOM_TOKEN_SECRET": "t1:room-secret-room-secret-room-secret",
        "MANAGEMENT_API_URL": "http://127.0.0.1:9/live",
        "WEBSOCKET_URL": "ws://127.0.0.1:9/ws",
        "ARGON2_MEMORY_KIB": "8",
        "ARGON2_TIME_COST": "1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield monkeypatch
    settings.cache_clear()
    _empty(migrated, redis_url)


@pytest.fixture
def container(environment: pytest.MonkeyPatch) -> Iterator[Container]:
    """A container in which handlers run, with clients of its own."""
    started = Container()
    yield started
    started.close()


@pytest.fixture
def containers(environment: pytest.MonkeyPatch) -> Iterator[Callable[[int], list[Container]]]:
    """Makes that many containers, side by side; they read the environment as it is then."""
    started: list[Container] = []

    def start(count: int) -> list[Container]:
        settings.cache_clear()
        started.extend(Container() for _ in range(count))
        return started[-count:]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def aws_url() -> Iterator[str]:
    """AWS's other services, played by moto: a server of this test's own.

    What an emulator of an earlier test has asked of a queue would be answered with its messages.
    """
    with running_moto() as url:
        yield url


@pytest.fixture
def start_emulator(
    environment: pytest.MonkeyPatch, aws_url: str, tmp_path: Path
) -> Iterator[StartEmulator]:
    """Starts emulators on this worker's data stores, in half a second each.

    `start_emulator("--per-connection-serial", RECONNECT_GRACE_SEC="1")`. Two of them are two nodes
    of one gateway. The schema is there, the demo data are not.
    """
    with ExitStack() as stack:
        count = 0

        def start(*flags: str, **variables: str) -> Emulator:
            nonlocal count
            count += 1
            return stack.enter_context(
                running_emulator(
                    tmp_path / f"emulator-{count}",
                    flags=["--no-prepare", "--no-reload", *flags],
                    variables={
                        "AWS_ENDPOINT_URL": aws_url,
                        "MAIL_OUTBOX": str(tmp_path / "outbox"),
                        **variables,
                    },
                )
            )

        yield start


@pytest.fixture
def emulator(start_emulator: StartEmulator) -> Emulator:
    """The product, running on this worker's data stores behind real doors."""
    return start_emulator()


@pytest.fixture
def mail_queue(environment: pytest.MonkeyPatch, aws_url: str) -> TestQueue:
    """The queue of mails, empty; handlers put theirs into it."""
    queue = TestQueue(aws_url, f"mails-{new_id()}")
    environment.setenv("MAIL_QUEUE_URL", queue.url)
    environment.setenv("AWS_ENDPOINT_URL", aws_url)
    return queue


@pytest.fixture
def world(migrated: str, container: Container) -> Iterator[World]:
    """People and meetings in this worker's database."""
    opened = World.opened(migrated, container)
    yield opened
    opened.close()


def _empty(database_url: str, redis_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        names = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        ).fetchall()
        listed = ", ".join(name for (name,) in names)
        connection.execute(f"TRUNCATE {listed} CASCADE".encode())
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
