"""The ports of a template's APIs: which is served where, and by what address it is found."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from local.addresses import Address
from local.gateway.front import listen
from local.model import Apis, Template

_HERE = "127.0.0.1"
_NEARBY = frozenset({_HERE, "0.0.0.0"})  # noqa: S104 - compared with, not bound to


@dataclass(frozen=True)
class Door:
    """One port, taken but not served yet."""

    apis: Apis
    listener: socket.socket

    @property
    def port(self) -> int:
        """The real one, also where any was asked for."""
        port: int = self.listener.getsockname()[1]
        return port

    @property
    def address(self) -> Address:
        """Where people find it."""
        name = "localhost" if self._near == _HERE else self._near
        sockets = f"ws://{name}:{self.port}/ws" if self.apis.sockets else ""
        return Address(f"http://{name}:{self.port}", sockets)

    @property
    def management(self) -> str:
        """Where functions post to connections; empty without a WebSocket API."""
        sockets = self.apis.sockets
        return f"http://{self._near}:{self.port}/{sockets.stage}" if sockets else ""

    def addresses(self) -> Iterator[tuple[str, Address]]:
        """Each API by its logical id, as functions find it."""
        if self.apis.http:
            yield self.apis.http.name, self.address
        if self.apis.sockets:
            near = Address(f"http://{self._near}:{self.port}", self.address.socket_url)
            yield self.apis.sockets.name, near

    @property
    def _near(self) -> str:
        """The host for functions. They post often: spare them the name's way to ::1 first."""
        host: str = self.listener.getsockname()[0]
        return _HERE if host in _NEARBY else host


@contextmanager
def taken(template: Template, host: str, port: int) -> Iterator[tuple[Door, ...]]:
    """Take a port for each part of the template: the one asked for, then any free ones.

    Raises:
        PortRefusedError: Somebody else has it.
    """
    with ExitStack() as stack:
        doors: list[Door] = []
        for apis in template.ports:
            listener = stack.enter_context(listen(host, 0 if doors else port))
            doors.append(Door(apis, listener))
        yield tuple(doors)
