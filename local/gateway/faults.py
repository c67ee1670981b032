"""Faults on purpose: what AWS does on a bad day, by chance, and by the same chance again.

Each kind of fault draws from a series of its own, made of the seed and its name: with the same
seed, the n-th chance of a kind falls as it fell before, whatever the other kinds do.
"""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from local.gateway.observer import Observer, Struck, ignore

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "disconnect.drop": "a $disconnect never comes",
        "disconnect.delay": "a $disconnect comes later",
        "message.duplicate": "a message is given to its function twice",
        "message.delay": "a message is given to its function later",
        "message.reorder": "a message waits until the next one of its connection has overtaken it",
        "post.gone": "a post to a connection is 410, though the connection lives",
        "post.throttle": "a post to a connection is 429",
        "post.timeout": "a post to a connection is answered late, with 500; half of them arrive",
        "client.slow": "a connection takes its frames at a few bytes a second",
        "worker.kill": "a function is killed (SIGKILL) soon after an event was handed to it",
        "worker.freeze": "a function stands still in the middle of an event",
    }
)
"""Every kind, and what it does."""

_USUAL: Mapping[str, float] = MappingProxyType(
    {
        "disconnect.delay": 2.0,
        "message.delay": 1.0,
        "message.reorder": 1.0,
        "post.timeout": 5.0,
        "client.slow": 1024.0,
        "worker.kill": 0.02,
        "worker.freeze": 1.0,
    }
)


class UnknownFaultError(ValueError):
    """What was asked for is no fault; the text says why."""


@dataclass(frozen=True)
class Fault:
    """How often a kind strikes, and how hard."""

    chance: float
    """From 0 to 1."""
    most: float = 0.0
    """Seconds at most (of a connection that is slow: bytes a second)."""

    def __str__(self) -> str:
        return f"{self.chance:g}:{self.most:g}" if self.most else f"{self.chance:g}"


def read_fault(kind: str, text: str) -> Fault:
    """A fault as people write it: `0.1`, or `0.1:5` for at most five seconds.

    Raises:
        UnknownFaultError: There is no such kind, or the numbers are none.
    """
    if kind not in KINDS:
        raise UnknownFaultError(f"there is no fault {kind!r}; there are {', '.join(KINDS)}")
    chance, _, most = str(text).partition(":")
    try:
        fault = Fault(float(chance), float(most) if most else _USUAL.get(kind, 0.0))
    except ValueError:
        fault = Fault(-1)
    if not 0 <= fault.chance <= 1 or not 0 <= fault.most < float("inf"):
        raise UnknownFaultError(
            f"{kind} is {text!r}; it takes a chance from 0 to 1, and seconds after a colon: 0.1:5"
        )
    return fault


class Faults:
    """The faults in force; none at first."""

    def __init__(self, observer: Observer = ignore) -> None:
        self._observer = observer
        self._faults: dict[str, Fault] = {}
        self._series: dict[str, random.Random] = {}
        self.seed = 0
        self.struck: Counter[str] = Counter()
        """How often each kind has struck since it was put in force."""
        self._chances: Counter[str] = Counter()

    @property
    def in_force(self) -> Mapping[str, Fault]:
        """By kind."""
        return self._faults

    def enforce(self, faults: Mapping[str, Fault], seed: int) -> None:
        """Put these in force instead of those before, and begin their series anew."""
        self.seed = seed
        self._faults = dict(faults)
        # Chance that can be repeated is the point; nothing here is secret.
        self._series = {kind: random.Random(f"{seed}:{kind}") for kind in faults}  # noqa: S311
        self.struck.clear()
        self._chances.clear()

    def strike(self, kind: str, subject: str) -> float | None:
        """Whether this kind strikes now: None, or how hard.

        Seconds are drawn from 0 to the fault's most; `subject` is for the log.
        """
        fault = self._faults.get(kind)
        if fault is None:
            return None
        self._chances[kind] += 1
        # Two draws each time, so that the series stays in step whether it strikes or not.
        chance, part = self._series[kind].random(), self._series[kind].random()
        if chance >= fault.chance:
            return None
        amount = part * fault.most
        self.struck[kind] += 1
        self._observer(Struck(kind, self._chances[kind], self.seed, amount, subject))
        return amount

    def coin(self, kind: str) -> bool:
        """Half and half, out of the kind's series."""
        return self._series[kind].random() < 0.5  # noqa: PLR2004 - half
