"""PgBouncer in transaction mode between the product and its database.

What works through it also works through RDS Proxy and the poolers of other clouds: no prepared
statement, setting or lock may outlive its transaction.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from local.services import die_with_parent
from local.services.ports import free_port

SERVER_CONNECTIONS = 5
"""Fewer than there are containers in any test: they must share."""

_INI = """\
[databases]
hub = host=127.0.0.1 port={server_port} dbname={database} user={user} password={password}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {users}
pool_mode = transaction
default_pool_size = {pool}
max_client_conn = 500
server_login_retry = 0.2
; What a session sets is gone with its transaction.
server_reset_query_always = 1
"""


@contextmanager
def pooled(database_url: str, folder: Path) -> Iterator[str]:
    """The same database, through a pooler of our own; its files are in `folder`."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "PgBouncer is not installed (Debian: apt install pgbouncer)"
    url = urlsplit(database_url)
    port = free_port(None)
    users, settings = folder / "users.txt", folder / "pgbouncer.ini"
    users.write_text(f'"{url.username}" "{url.password}"\n')
    settings.write_text(
        _INI.format(
            server_port=url.port,
            database=url.path[1:],
            user=url.username,
            password=url.password,
            port=port,
            users=users,
            pool=SERVER_CONNECTIONS,
        )
    )
    user = "nobody" if os.geteuid() == 0 else "-"  # it refuses to be root
    tie = [die_with_parent.__file__, str(int(signal.SIGTERM)), str(os.getpid()), user]
    command = [sys.executable, "-I", "-S", *tie, program, str(settings)]
    with (folder / "pgbouncer.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait_for(port, process)
            yield f"postgresql://{url.username}:{url.password}@127.0.0.1:{port}/hub"
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError("PgBouncer did not start; pgbouncer.log says why")
