"""Ports of this machine that nobody listens on."""

import socket
from collections.abc import Callable

PickPort = Callable[[int | None], int]
"""Chooses a port, given the one that would be preferred."""


def is_free(port: int) -> bool:
    """Tell whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(preferred: int | None) -> int:
    """Return `preferred` if it is free, else one that the kernel picks.

    Somebody may be quicker: who uses it must be ready to try again with another.
    """
    if preferred is not None and is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
