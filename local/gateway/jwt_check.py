"""JWT authorizers: RS256 tokens against the keys that their issuer publishes."""

import asyncio
import json
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Any

import jwt

from local.model import JwtAuthorizer

_ALGORITHMS = ["RS256", "RS384", "RS512"]
_REMEMBERED = 7200.0
"""Seconds for which keys are kept; an unknown `kid` asks for them sooner."""
_AT_MOST_EVERY = 30.0
"""Seconds between two requests to an issuer, whatever tokens come."""
_TIMEOUT = 5.0


class TokenRefusedError(Exception):
    """A token that does not hold; the text is for `error_description`."""


@dataclass
class _Keys:
    by_kid: dict[str, jwt.PyJWK] = field(default_factory=dict)
    read_at: float = float("-inf")


class JwtCheck:
    """Checks the tokens of one authorizer."""

    def __init__(self, authorizer: JwtAuthorizer) -> None:
        self._issuer = authorizer.issuer
        self._audience = authorizer.audience
        self._keys = _Keys()

    async def claims(self, token: str) -> dict[str, Any]:
        """What a token claims, all of it checked.

        Raises:
            TokenRefusedError: It is no token of this issuer for this audience, now.
        """
        try:
            kid = str(jwt.get_unverified_header(token).get("kid"))
            key = await self._key(kid)
            # `aud` is checked below: a token may have `client_id` instead.
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                issuer=self._issuer,
                options={"verify_aud": False, "require": ["exp"]},
            )
        except jwt.ExpiredSignatureError as expired:
            raise TokenRefusedError("the token has expired") from expired
        except jwt.PyJWTError as wrong:
            raise TokenRefusedError(str(wrong).lower()) from wrong
        if not self._for_us(claims):
            raise TokenRefusedError("the token is for another audience")
        return claims

    def _for_us(self, claims: dict[str, Any]) -> bool:
        named = claims.get("aud", claims.get("client_id"))
        audiences = named if isinstance(named, list) else [named]
        return bool(set(audiences) & set(self._audience))

    async def _key(self, kid: str) -> jwt.PyJWK:
        age = time.monotonic() - self._keys.read_at
        if age > _REMEMBERED or (kid not in self._keys.by_kid and age > _AT_MOST_EVERY):
            try:
                found = await asyncio.to_thread(_published, self._issuer)
            except (OSError, ValueError, KeyError) as failed:
                raise TokenRefusedError("the issuer's keys cannot be read") from failed
            self._keys = _Keys(found, time.monotonic())
        if kid not in self._keys.by_kid:
            raise TokenRefusedError("unable to find a signing key that matches")
        return self._keys.by_kid[kid]


def _published(issuer: str) -> dict[str, jwt.PyJWK]:
    """OpenID Connect Discovery 1.0 §4: the issuer's keys by `kid`."""
    about = _json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    keys = jwt.PyJWKSet.from_dict(_json(about["jwks_uri"]))
    return {key.key_id: key for key in keys.keys if key.key_id}


def _json(url: str) -> dict[str, Any]:
    if not url.startswith(("https://", "http://")):
        raise ValueError(url)
    with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:  # noqa: S310 - checked above
        told: dict[str, Any] = json.load(answer)
    return told


def claims_as_text(claims: dict[str, Any]) -> dict[str, str]:
    """Claims as the event shows them: every one a string, a list as `[a b]`."""
    return {name: _text(value) for name, value in claims.items()}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{' '.join(map(_text, value))}]"
    if isinstance(value, str):
        return value
    return json.dumps(value)
