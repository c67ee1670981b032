"""coturn, for media that find no direct way: `make dev TURN=1`."""

import asyncio
import shutil
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from local.services.child import Server
from local.services.errors import ServiceError
from local.services.keyring import Keyring
from local.services.ports import free_port
from local.services.private import write_private

_START = 10.0
_SECRET = "TURN_SECRET"  # noqa: S105 - the variable's name


@asynccontextmanager
async def turn_server(folder: Path, keyring: Keyring) -> AsyncIterator[dict[str, str]]:
    """Run one on 127.0.0.1, and yield `TURN_URLS` and `TURN_SECRET` for the functions.

    Raises:
        ServiceError: It is not installed, or does not start.
    """
    program = shutil.which("turnserver")
    if program is None:
        raise ServiceError("TURN=1 needs coturn (Debian: apt install coturn).")
    server = Server("coturn", folder, shutdown=signal.SIGTERM)
    await server.reap()
    port = free_port(server.last_port())
    # In a file for our eyes only: on the command line everybody could read the secret.
    settings = folder / "turnserver.conf"
    write_private(settings, _settings(folder, port, keyring.secret(_SECRET)))
    process = await server.spawn([program, "-c", settings])
    server.remember(process, port)
    try:
        await _answers(server, process, port)
        urls = ",".join(f"turn:127.0.0.1:{port}?transport={kind}" for kind in ("udp", "tcp"))
        yield {"TURN_URLS": urls, _SECRET: keyring.secret(_SECRET)}
    finally:
        await server.stop(process)


def _settings(folder: Path, port: int, secret: str) -> str:
    return (
        f"listening-port={port}\n"
        "listening-ip=127.0.0.1\n"
        "relay-ip=127.0.0.1\n"
        # Both ends are on this machine: elsewhere this would open it to whoever has a credential.
        "allow-loopback-peers\n"
        "use-auth-secret\n"
        f"static-auth-secret={secret}\n"
        "realm=hub.local\n"
        "no-tls\n"
        "no-dtls\n"
        "no-cli\n"
        "no-multicast-peers\n"
        "log-file=stdout\n"
        f"userdb={folder / 'turn.sqlite'}\n"
        f"pidfile={folder / 'turnserver.pid'}\n"
    )


async def _answers(server: Server, process: Process, port: int) -> None:
    async with server.within(_START):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            await writer.wait_closed()
            return
    raise server.broken(process)
