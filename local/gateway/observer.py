"""What the gateway tells about its work, as it happens."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Invocation:
    """A route was answered, by its function or by the gateway alone."""

    route: str
    """A route key: `GET /v1/me`, `$connect`, `chat.send`; or an unmatched method and path."""
    function: str | None
    """None when no function was called."""
    status: int | None
    """HTTP status of the response or the handshake; None for messages and `$disconnect`."""
    milliseconds: float
    cold: bool
    request_id: str
    connection_id: str | None = None
    error: str | None = None
    """`errorType: errorMessage` of a function that failed, or why the gateway gave up."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A message passed over a socket."""

    direction: Literal["in", "out"]
    connection_id: str
    data: str | bytes


@dataclass(frozen=True, slots=True)
class Management:
    """The `@connections` API was called."""

    method: str
    status: int
    milliseconds: float
    connection_id: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A handshake was accepted."""

    connection_id: str
    source_ip: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A connection is gone; its `$disconnect` follows."""

    connection_id: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault was done on purpose."""

    kind: str
    number: int
    """Which chance of this kind it was, since the faults were put in force."""
    seed: int
    amount: float
    subject: str
    """A connection id, or a function's name."""


Observation = Invocation | Frame | Management | Opened | Closed | Struck

Observer = Callable[[Observation], None]
"""Called in the event loop for every observation; must be quick and must not raise."""


def to_all(*observers: Observer) -> Observer:
    """An observer that tells several."""

    def tell(observation: Observation) -> None:
        for observer in observers:
            observer(observation)

    return observers[0] if len(observers) == 1 else tell


def ignore(_observation: Observation) -> None:
    """The observer of those who want none."""
