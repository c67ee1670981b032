"""How long to wait before the next attempt: full jitter, so that a crowd does not come as one."""

from collections.abc import Callable
from dataclasses import dataclass
from random import random


@dataclass(frozen=True)
class Backoff:
    """Anything from nothing up to a bound that doubles with each attempt.

    The bound stays well under the 30 s that a lost session is kept. (Marc Brooker, "Exponential
    Backoff and Jitter", AWS Architecture Blog.)
    """

    first: float = 0.5
    """Seconds at most before the first attempt."""
    most: float = 5.0
    chance: Callable[[], float] = random
    """From 0 to 1, evenly."""

    def before(self, attempt: int) -> float:
        """Seconds to wait before an attempt, counted from 0."""
        return self.chance() * min(self.most, self.first * 2.0 ** min(attempt, 16))
