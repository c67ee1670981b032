"""The keys of an OpenID provider (RFC 7517), fetched seldom and kept for long.

A sign-in must not wait for the provider, nor fail with it: keys are kept for as long as it says,
and used for a day more when it does not answer. Its answer is bounded in time and size.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from hub_core.kernel.clock import Clock
from hub_core.kernel.errors import Unavailable

PATIENCE_SEC: Final = 1.5
LARGEST_ANSWER: Final = 64 * 1024
SHORTEST_LIFE: Final = timedelta(minutes=5)
LONGEST_LIFE: Final = timedelta(hours=24)
STALE_LIFE: Final = timedelta(hours=24)
"""How long after that the keys are used while the provider does not answer."""
PAUSE: Final = timedelta(minutes=1)
"""Between two fetches because of a `kid` that is not known: anyone can make one up."""
_MAX_AGE: Final = re.compile(r"\bmax-age=([0-9]{1,9})\b", re.IGNORECASE)


@dataclass(eq=False)
class ProviderKeys:
    """The keys of one provider. Make one per container: the HTTP client belongs to its loop."""

    url: str
    clock: Clock
    http: httpx.AsyncClient
    _keys: Mapping[str, RSAPublicKey] = field(default_factory=dict)
    _tried_at: datetime | None = None
    _fresh_until: datetime | None = None

    async def key(self, kid: str) -> RSAPublicKey | None:
        """The key with that `kid`; None: the provider has none.

        Raises:
            Unavailable: there are no keys that may still be used, and none to be had.
        """
        now = self.clock()
        outdated = self._fresh_until is None or now >= self._fresh_until
        unknown = kid not in self._keys
        if (outdated or unknown) and self._may_try(now):
            await self._fetch(now)
        if self._fresh_until is None or self.clock() >= self._fresh_until + STALE_LIFE:
            raise Unavailable("The sign-in provider does not answer.")
        return self._keys.get(kid)

    def _may_try(self, now: datetime) -> bool:
        return self._tried_at is None or not self._keys or now - self._tried_at >= PAUSE

    async def _fetch(self, now: datetime) -> None:
        """Replace the keys, if the provider answers well."""
        self._tried_at = now
        try:
            async with asyncio.timeout(PATIENCE_SEC), self.http.stream("GET", self.url) as answer:
                answer.raise_for_status()
                body = b""
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > LARGEST_ANSWER:
                        return
            keys = _rsa_keys(body)
        except (httpx.HTTPError, jwt.PyJWTError, ValueError, TimeoutError):
            return
        if keys:
            self._keys = keys
            self._fresh_until = now + _life(answer.headers.get("Cache-Control", ""))


def _rsa_keys(body: bytes) -> dict[str, RSAPublicKey]:
    keys = {}
    for key in jwt.PyJWKSet.from_json(body.decode()).keys:
        if isinstance(key.key, RSAPublicKey) and key.key_id:
            keys[key.key_id] = key.key
    return keys


def _life(cache_control: str) -> timedelta:
    found = _MAX_AGE.search(cache_control)
    told = timedelta(seconds=int(found[1])) if found else SHORTEST_LIFE
    return min(max(told, SHORTEST_LIFE), LONGEST_LIFE)
