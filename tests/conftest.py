"""The data stores of a test run: a PostgreSQL and a Valkey for each worker, started on demand."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.services import Endpoints

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
def redis_url(data_stores: Endpoints) -> str:
    """A Valkey, `redis://…`, shared with no other worker."""
    return data_stores.redis_url
