"""How often a route may be called: what a route asks for with `limited`.

    @app.post("/v1/meetings", status_code=201, dependencies=[limited(CREATE_MEETING)])

The policies are in `hub_core.kernel.limits`: add yours to the table there. Several are asked about
in one round trip, and nothing is taken unless all allow it. A policy that `counts` errors is given
back when the route ends in anything else, so only wrong guesses use it up. What is limited by
something in the body, `Per.GIVEN`, is asked about from within the route:

    async with limits.counting(Charge(INVITES_TO_ADDRESS, draft.email.canonical)):
        ...

with `limits: Limits`. Every answer carries `RateLimit-Policy` and `RateLimit`
(draft-ietf-httpapi-ratelimit-headers), a refusal `Retry-After` too.
"""

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from hub_core.adapters.limiter import Charge, Level, Limiter, Verdict, subject_key
from hub_core.adapters.redis import redis
from hub_core.adapters.runtime import kept
from hub_core.adapters.settings import settings
from hub_core.adapters.tokens import RoomClaims
from hub_core.kernel.errors import RateLimited
from hub_core.kernel.limits import Per, Policy
from hub_core.web.api import add_headers
from hub_core.web.caller import SignedIn, whoever

NETWORK_BITS: Final = 64
"""Of an IPv6 address: the rest is the customer's own to choose from."""

_Who = SignedIn | RoomClaims | None


@kept
def limiter() -> Limiter:
    """This container's; Redis keeps the numbers."""
    read = settings()
    return Limiter(redis(), subject_key(read), read.rate_limit_scale)


def network_of(request: Request) -> str:
    """Where a call comes from, as API Gateway saw it; no header has a say in it."""
    return network(request.client.host if request.client else "")


@lru_cache(maxsize=1024)
def network(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed.packed, NETWORK_BITS), strict=False))


@dataclass(frozen=True)
class Counter:
    """The limits of one request."""

    request: Request

    @asynccontextmanager
    async def counting(self, *charges: Charge) -> AsyncIterator[None]:
        """Count what happens inside.

        Raises:
            RateLimited: one of the policies does not allow it; nothing was taken.
            Unavailable: Redis is down, and one of the policies refuses what it cannot count.
        """
        self._tell(verdict := await limiter().take(charges))
        if verdict and not verdict.allowed:
            raise RateLimited(retry_after_ms=verdict.retry_after_ms)
        try:
            yield
        except Exception as error:
            await self._give_back(charges, error)
            raise
        await self._give_back(charges, None)

    async def _give_back(self, charges: tuple[Charge, ...], error: Exception | None) -> None:
        unused = [
            charge
            for charge in charges
            if charge.policy.counts and not isinstance(error, charge.policy.counts)
        ]
        if unused:
            self._tell(await limiter().give_back(unused))

    def _tell(self, verdict: Verdict | None) -> None:
        if verdict is None:
            return
        told: dict[str, Level] = self.request.scope.setdefault("hub.limits", {})
        told.update({level.policy.name: level for level in verdict.levels})
        add_headers(
            self.request.scope,
            {
                "RateLimit-Policy": ", ".join(
                    f'"{name}";q={level.quota};w={level.policy.window_sec}'
                    for name, level in told.items()
                ),
                "RateLimit": ", ".join(
                    f'"{name}";r={level.remaining};t={-(-level.reset_ms // 1000)}'
                    for name, level in told.items()
                ),
            },
        )


async def _counter(request: Request) -> Counter:
    return Counter(request)


Limits = Annotated[Counter, Depends(_counter)]
"""Counts what is limited by something in the body."""


def limited(*policies: Policy) -> Any:
    """Entry for a route's `dependencies`: ask these policies before anything is done."""

    async def ask(request: Request, limits: Limits) -> AsyncIterator[None]:
        async with limits.counting(*_charges(policies, request)):
            yield

    return Depends(ask, scope="function")


def _charges(policies: tuple[Policy, ...], request: Request) -> list[Charge]:
    caller = whoever(request.headers.get("Authorization"))
    return [
        Charge(policy, _subject(policy.per, request, caller))
        for policy in policies
        if caller or policy.per is not Per.CALLER_AND_PATH
    ]


def _subject(per: Per, request: Request, caller: _Who) -> str:
    match per:
        case Per.NETWORK:
            return network_of(request)
        case Per.CALLER:
            return _name(caller, request)
        case Per.CALLER_AND_PATH:
            return f"{_name(caller, request)} {request.scope['path']}"
        case Per.PATH:
            return str(request.scope["path"])
        case Per.EVERYBODY:
            return ""
        case Per.GIVEN:
            raise AssertionError("the route itself asks: limits.counting(Charge(policy, subject))")


def _name(caller: _Who, request: Request) -> str:
    match caller:
        case SignedIn():
            return f"account {caller.user_id}"
        case RoomClaims():
            return f"guest {caller.pid}"
        case None:
            return f"network {network_of(request)}"
