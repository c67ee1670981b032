"""Faults that strike functions: killed or frozen in the middle of an event."""

import asyncio
import signal

from local.gateway.faults import Faults
from local.lambdas.failures import exited
from local.lambdas.watchers import Victim


class Mischief:
    """Disturbs containers as the faults in force say."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def __call__(self, function: str, victim: Victim) -> None:
        """A container was handed an event."""
        loop = asyncio.get_running_loop()
        if (seconds := self._faults.strike("worker.kill", function)) is not None:
            loop.call_later(seconds, victim.kill, exited(-signal.SIGKILL))
        if (seconds := self._faults.strike("worker.freeze", function)) is not None:
            victim.pause(seconds)
