"""Who hears of what functions do, and who may disturb them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from local.lambdas.failures import Failure
from local.lambdas.invocation import LogLine, Observer


class Victim(Protocol):
    """A container that has just been handed an event, to those who may disturb it."""

    def kill(self, verdict: Failure) -> None:
        """End it at once."""

    def pause(self, seconds: float) -> None:
        """Let it stand still for a while."""


@dataclass(frozen=True)
class Watchers:
    """Who hears of what happens."""

    observer: Observer = lambda _function, _event, _outcome: None
    log: LogLine = lambda _function, _line: None
    meddle: Callable[[str, Victim], None] = lambda _function, _victim: None
    """Called with a function's name and its container, whenever that is handed an event."""
