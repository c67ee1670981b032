"""JSON Web Tokens in classes that cannot be taken for one another (RFC 7519, RFC 8725 §3.11–3.12).

PyJWT checks signature, `exp`, `iss` and `aud`. It does not check `typ`, accepts a list of audiences
and tokens of any size, and lets some malformed input escape as other exceptions: so that is done
here. HS256 is pinned; the key is chosen by `kid` from the keyring of the class alone.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Generic, TypeVar

import jwt
from pydantic import ValidationError

from hub_core.adapters.settings import Keyring, Settings
from hub_core.kernel.clock import Clock
from hub_core.kernel.ids import MeetingId, Mint, ParticipantId, UserId
from hub_core.kernel.roles import Role
from hub_core.kernel.values import DisplayName, Value

ISSUER: Final = "hub-api"
ALGORITHM: Final = "HS256"
LARGEST_TOKEN: Final = 4096
"""Bytes. Larger ones are refused before they are decoded."""
COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
"""RFC 7515 §7.1, strictly: PyJWT also takes padding and other letters, and reads the same."""
CLOCK_SKEW: Final = timedelta(seconds=5)
_HEADER: Final = frozenset({"alg", "typ", "kid"})


class TokenRefused(Exception):
    """Not a token of this class: forged, malformed, or signed for something else."""


class TokenOutOfTime(TokenRefused):
    """A genuine token of this class whose `exp` has passed."""


class AccessClaims(Value):
    """Who is signed in: `sub`, on which sign-in session `sid`."""

    sub: UserId
    sid: str


class RoomClaims(Value):
    """A ticket for one join: who (`sub`, None for guests), where (`mid`), as whom (`pid`)."""

    sub: UserId | None = None
    mid: MeetingId
    pid: ParticipantId
    name: DisplayName
    role: Role
    gen: int
    """The participant's admission generation; a removal raises it and makes older tickets void."""
    jti: str


C = TypeVar("C", bound=Value)


@dataclass(frozen=True)
class TokenClass(Generic[C]):
    """One class of token: how it is minted, and the only way it is accepted."""

    typ: str
    audience: str
    keys: Keyring
    lifetime: timedelta
    claims: type[C]
    clock: Clock
    mint_id: Mint

    def mint(self, claims: C) -> str:
        """Sign the claims with the newest key, valid from now for the class's lifetime."""
        now = int(self.clock().timestamp())
        key = self.keys[0]
        payload = {
            "jti": self.mint_id(),
            **claims.model_dump(mode="json", exclude_none=True),
            "iss": ISSUER,
            "aud": self.audience,
            "iat": now,
            "exp": now + int(self.lifetime.total_seconds()),
        }
        return jwt.encode(
            payload,
            key.secret.get_secret_value(),
            ALGORITHM,
            headers={"typ": self.typ, "kid": key.kid},
        )

    def verify(self, token: str) -> C:
        """The claims of a genuine token of this class.

        Raises:
            TokenOutOfTime: genuine, but expired.
            TokenRefused: anything else.
        """
        if len(token) > LARGEST_TOKEN or not COMPACT.fullmatch(token):
            raise TokenRefused
        try:
            header = jwt.get_unverified_header(token)
            if header.keys() - _HEADER or header.get("typ") != self.typ:
                raise TokenRefused
            secret = next(
                key.secret.get_secret_value() for key in self.keys if key.kid == header.get("kid")
            )
            payload = jwt.decode(
                token,
                secret,
                [ALGORITHM],
                issuer=ISSUER,
                audience=self.audience,
                options={
                    "require": ["iss", "aud", "iat", "exp", "jti"],
                    "strict_aud": True,
                    # PyJWT reads the machine's clock; ours is handed in, see below.
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            claims = self.claims.model_validate(payload)
        except (
            jwt.PyJWTError,
            ValidationError,
            StopIteration,
            ValueError,
            RecursionError,
        ) as error:
            raise TokenRefused from error
        self._check_time(payload)
        return claims

    def _check_time(self, payload: dict[str, Any]) -> None:
        issued, expires = payload["iat"], payload["exp"]
        skew = CLOCK_SKEW.total_seconds()
        now = self.clock().timestamp()
        if type(issued) is not int or type(expires) is not int:
            raise TokenRefused
        if expires - issued > self.lifetime.total_seconds() + skew or issued > now + skew:
            raise TokenRefused
        if expires <= now:
            raise TokenOutOfTime


def access_tokens(settings: Settings, clock: Clock, mint_id: Mint) -> TokenClass[AccessClaims]:
    """The class that REST takes as Bearer and `auth.authenticate` takes over the socket."""
    return TokenClass(
        typ="at+jwt",
        audience="hub:api",
        keys=settings.jwt_access_secret,
        lifetime=timedelta(seconds=settings.access_ttl_sec),
        claims=AccessClaims,
        clock=clock,
        mint_id=mint_id,
    )


def room_tokens(settings: Settings, clock: Clock, mint_id: Mint) -> TokenClass[RoomClaims]:
    """The class that `room.join` takes."""
    return TokenClass(
        typ="room+jwt",
        audience="hub:room",
        keys=settings.room_token_secret,
        lifetime=timedelta(seconds=settings.room_token_ttl_sec),
        claims=RoomClaims,
        clock=clock,
        mint_id=mint_id,
    )
