"""Posters for tests: patient, on a clock that stands still, without chance."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hub_core.adapters.gateway import ManagementApi, Patience
from hub_core.adapters.sigv4 import Credentials
from hub_core.kernel.ids import ConnectionId
from tests.adapters.listener import Answer, Asked, Listener, response

FRAME = b'{"type":"hello"}'
A, B, C = map(ConnectionId, ("JKJaXmPLvHcESHA=", "Lo9k-m_PLvHcESB=", "MmPLvHcE-KJaESC="))
PATIENT = Patience(connect=5, answer=5, throttled=5, call=10)
"""No test but those of patience hangs on how fast this machine is."""


@dataclass
class Clock:
    """Stands still unless it is set."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now


def poster_to(listener: Listener, **settings: Any) -> ManagementApi:
    """A poster to the listener; `settings` are those of `ManagementApi`."""
    given: dict[str, Any] = {
        "credentials": lambda: Credentials("id", "secret"),
        "patience": PATIENT,
        "chance": lambda: 0.0,
        "clock": Clock(),
        **settings,
    }
    return ManagementApi(listener.url, "us-east-1", **given)


def by_id(**answers: list[bytes | None]) -> Answer:
    """Answers for each connection id, one after the other; the last one stays."""

    def answer(asked: Asked) -> bytes | None:
        queue = answers[NAMES[asked.id]]
        return queue.pop(0) if len(queue) > 1 else queue[0]

    return answer


NAMES = {
    "JKJaXmPLvHcESHA%3D": "a",
    "Lo9k-m_PLvHcESB%3D": "b",
    "MmPLvHcE-KJaESC%3D": "c",
}
OK, GONE = response(200), response(410)
