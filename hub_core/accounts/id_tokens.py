"""Id tokens of an OpenID provider: whom they speak of, if they can be believed.

OpenID Connect Core §3.1.3.7, and RFC 8725 for what can go wrong: one algorithm, the key chosen from
the provider's own set, and every claim that is relied upon checked here rather than by a library.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.types import Options
from pydantic import Field, SecretStr, TypeAdapter, ValidationError

from hub_core.accounts.email import EmailAddress, email_address
from hub_core.accounts.schemas import AvatarUrl
from hub_core.adapters.tokens import COMPACT
from hub_core.kernel.clock import Clock
from hub_core.kernel.errors import InvalidToken, TokenExpired
from hub_core.kernel.values import DisplayName, Draft

ALGORITHM: Final = "RS256"
LARGEST_TOKEN: Final = 4096
LONGEST_SUBJECT: Final = 255
CLOCK_SKEW: Final = timedelta(seconds=30)
_SIGNATURE_ALONE: Final[Options] = {
    "verify_aud": False,
    "verify_exp": False,
    "verify_iat": False,
    "verify_iss": False,
    "verify_jti": False,
    "verify_nbf": False,
    "verify_sub": False,
}
_HEADER: Final = frozenset({"alg", "kid", "typ"})
_NAME: Final = TypeAdapter[str](DisplayName)
_PICTURE: Final = TypeAdapter[str](AvatarUrl)

KeyOf = Callable[[str], Awaitable[RSAPublicKey | None]]
"""The provider's key with that `kid`, if it has one."""


class GoogleSignIn(Draft):
    """What Google gave to the client."""

    id_token: SecretStr = Field(max_length=LARGEST_TOKEN)
    nonce: str | None = Field(
        None, max_length=255, description="The one that Google was asked with, if there was one."
    )


@dataclass(frozen=True)
class Person:
    """Somebody, as a provider knows them."""

    issuer: str
    subject: str
    """Theirs at this provider, for ever; an address may become another person's."""
    email: EmailAddress
    """The provider has seen that it is theirs."""
    name: str
    picture: str | None


@dataclass(frozen=True)
class Provider:
    """An OpenID provider, and us as it knows us."""

    issuer: str
    client_ids: tuple[str, ...]
    key_of: KeyOf
    clock: Clock

    async def person(self, draft: GoogleSignIn) -> Person:
        """Whom a genuine token of ours speaks of.

        Raises:
            TokenExpired: genuine, but too late.
            InvalidToken: anything else.
            Unavailable: the provider's keys cannot be had.
        """
        if not self.client_ids:
            raise InvalidToken("There is no sign-in with Google here.")
        text = draft.id_token.get_secret_value()
        claims = await self._genuine(text)
        self._check_audience(claims)
        if claims.get("nonce") != draft.nonce:
            raise InvalidToken
        if claims.get("email_verified") is not True:
            raise InvalidToken("Google does not know whether this address is yours.")
        self._check_time(claims)
        return self._read(claims)

    async def _genuine(self, text: str) -> dict[str, Any]:
        """The claims, if the provider has signed them."""
        if len(text) > LARGEST_TOKEN or not COMPACT.fullmatch(text):
            raise InvalidToken
        try:
            header = jwt.get_unverified_header(text)
            kid = header.get("kid")
            if (
                header.keys() - _HEADER
                or header.get("typ", "JWT") != "JWT"
                or not isinstance(kid, str)
            ):
                raise InvalidToken
            key = await self.key_of(kid)
            if key is None:
                raise InvalidToken
            # PyJWT checks the signature; the claims are checked here.
            claims: dict[str, Any] = jwt.decode(text, key, [ALGORITHM], options=_SIGNATURE_ALONE)
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise InvalidToken from None
        return claims

    def _check_audience(self, claims: dict[str, Any]) -> None:
        audience, party = claims.get("aud"), claims.get("azp")
        if _spelt_out(claims.get("iss")) != self.issuer:
            raise InvalidToken
        # One audience: a list of them is none of ours, even if we are in it.
        if audience not in self.client_ids or party not in (None, *self.client_ids):
            raise InvalidToken

    def _check_time(self, claims: dict[str, Any]) -> None:
        issued, expires = claims.get("iat"), claims.get("exp")
        now, skew = self.clock().timestamp(), CLOCK_SKEW.total_seconds()
        if type(issued) is not int or type(expires) is not int or issued > now + skew:
            raise InvalidToken
        if expires <= now:
            raise TokenExpired

    def _read(self, claims: dict[str, Any]) -> Person:
        subject, address = claims.get("sub"), claims.get("email")
        if (
            not isinstance(subject, str)
            or not 0 < len(subject) <= LONGEST_SUBJECT
            or not subject.isascii()
            or not subject.isprintable()
            or not isinstance(address, str)
        ):
            raise InvalidToken
        try:
            email = email_address(address)
        except ValueError:
            raise InvalidToken("This address cannot have an account.") from None
        name = _fitting(_NAME, claims.get("name")) or email.written.partition("@")[0][:60]
        return Person(self.issuer, subject, email, name, _fitting(_PICTURE, claims.get("picture")))


def _spelt_out(issuer: object) -> str | None:
    """Google leaves the scheme out in some tokens; it is the same issuer."""
    if not isinstance(issuer, str):
        return None
    return issuer if "://" in issuer else f"https://{issuer}"


def _fitting(form: TypeAdapter[str], value: object) -> str | None:
    try:
        return form.validate_python(value, strict=True)
    except ValidationError:
        return None
