"""Counting what is limited, in Redis: one script for any number of allowances, in one round trip.

The algorithm is GCRA: one number for each allowance, no window whose edge can be gamed, and an
exact answer to when to come back. See `gcra.lua`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Final

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from hub_core.adapters.settings import Settings
from hub_core.kernel.errors import Unavailable
from hub_core.kernel.limits import Policy

PATIENCE_SEC: Final = 1.0
"""For the whole question. A client of a dead Redis is told so within a second and a half."""
_TAG: Final = "{limits}"
"""Allowances are asked about together, so they share a slot of a clustered Redis."""


@dataclass(frozen=True)
class Charge:
    """One unit of one allowance: the policy, and whose."""

    policy: Policy
    subject: str


@dataclass(frozen=True)
class Level:
    """How an allowance stands."""

    policy: Policy
    quota: int
    """The policy's, scaled."""
    remaining: int
    reset_ms: int
    """Until it is whole again."""


@dataclass(frozen=True)
class Verdict:
    """Whether all allowed it (then one was taken from each; else nothing was taken)."""

    allowed: bool
    levels: tuple[Level, ...]
    retry_after_ms: int
    """0 if allowed; else until every one of them would."""


def subject_key(settings: Settings) -> bytes:
    """What subjects are hashed with, so that Redis knows nobody's address.

    Made of the database's URL: every function that limits has it, while each of the token keys is
    withheld from most.
    """
    return blake2b(settings.database_url.get_secret_value().encode(), person=b"hub limits").digest()


@dataclass(frozen=True)
class Limiter:
    """The allowances of the product."""

    redis: Redis
    secret: bytes
    """Subjects are hashed with it: Redis holds no addresses."""
    scale: float = 1.0

    async def take(self, charges: Sequence[Charge]) -> Verdict | None:
        """Take one from each, if all have one; None: Redis is down, and all policies let pass.

        Raises:
            Unavailable: Redis is down, and one of the policies refuses what it cannot count.
        """
        return await self._run(charges, 1)

    async def give_back(self, charges: Sequence[Charge]) -> Verdict | None:
        """Return what was taken for a guess that turned out to be right.

        Taken first and given back, and not counted afterwards: of a thousand guesses at the same
        moment no more may pass than of a thousand in a row.
        """
        return await self._run(charges, -1)

    @cached_property
    def _script(self) -> AsyncScript:
        return self.redis.register_script(_lua())

    async def _run(self, charges: Sequence[Charge], cost: int) -> Verdict | None:
        keys = [self._key(charge) for charge in charges]
        arguments: list[int] = []
        for charge in charges:
            quota = self._quota(charge.policy)
            # Microseconds; what grows back faster than one in each is not told apart.
            emission = max(1, charge.policy.window_sec * 1_000_000 // quota)
            arguments += [emission, quota, cost]
        try:
            async with asyncio.timeout(PATIENCE_SEC):
                allowed, *numbers = await self._script(keys, arguments)
        except (RedisError, OSError) as error:  # a TimeoutError is an OSError
            if any(charge.policy.refuses_uncounted for charge in charges):
                raise Unavailable from error
            return None
        levels, waits = [], [0]
        for charge, number in zip(charges, range(0, len(numbers), 3), strict=True):
            remaining, retry_ms, reset_ms = numbers[number : number + 3]
            quota = self._quota(charge.policy)
            levels.append(Level(charge.policy, quota, max(0, remaining), reset_ms))
            waits.append(retry_ms)
        return Verdict(bool(allowed), tuple(levels), max(waits))

    def _quota(self, policy: Policy) -> int:
        return max(1, round(policy.quota * self.scale))

    def _key(self, charge: Charge) -> str:
        subject = blake2b(charge.subject.encode(), key=self.secret[:64], digest_size=16).hexdigest()
        return f"limit:{_TAG}:{charge.policy.name}:{subject}"


def _lua() -> str:
    return Path(__file__).with_name("gcra.lua").read_text(encoding="utf-8")
