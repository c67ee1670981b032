"""Who is calling: what a route asks for by the type of a parameter."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hub_core.adapters.settings import settings
from hub_core.adapters.tokens import (
    RoomClaims,
    TokenOutOfTime,
    TokenRefused,
    access_tokens,
    room_tokens,
)
from hub_core.kernel.clock import utc_now
from hub_core.kernel.errors import (
    HubError,
    InvalidRoomToken,
    InvalidToken,
    TokenExpired,
    Unauthorized,
)
from hub_core.kernel.ids import UserId, new_id

LONGEST_USER_AGENT: Final = 300

_bearer = HTTPBearer(
    scheme_name="accessToken", bearerFormat="JWT", description="`accessToken`", auto_error=False
)
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


@dataclass(frozen=True)
class SignedIn:
    """The account that calls, and the sign-in session that its token came from."""

    user_id: UserId
    session_id: str


async def _caller(credentials: _Credentials) -> SignedIn:
    if credentials is None:
        raise Unauthorized
    return _account(credentials.credentials)


async def _caller_or_guest(credentials: _Credentials) -> SignedIn | RoomClaims | None:
    if credentials is None:
        return None
    try:
        return _account(credentials.credentials)
    except InvalidToken:
        return _guest(credentials.credentials)


def whoever(authorization: str | None) -> SignedIn | RoomClaims | None:
    """Who calls, for counting: nobody, if the header proves nothing. The route refuses it."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    for prove in (_account, _guest):
        try:
            return prove(token)
        except HubError:
            continue
    return None


def _account(token: str) -> SignedIn:
    try:
        claims = access_tokens(settings(), utc_now, new_id).verify(token)
    except TokenOutOfTime:
        raise TokenExpired from None
    except TokenRefused:
        raise InvalidToken from None
    return SignedIn(claims.sub, claims.sid)


def _guest(token: str) -> RoomClaims:
    """Who came without an account is known by the room token that it was given before."""
    try:
        claims = room_tokens(settings(), utc_now, new_id).verify(token)
    except TokenOutOfTime:
        raise InvalidRoomToken from None
    except TokenRefused:
        raise InvalidToken from None
    if claims.sub is not None:
        raise InvalidToken("An account shows its access token here.")
    return claims


async def _user_agent(
    user_agent: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> str | None:
    if user_agent is None:
        return None
    return "".join(filter(str.isprintable, user_agent))[:LONGEST_USER_AGENT] or None


Caller = Annotated[SignedIn, Depends(_caller)]
"""An account: the route needs its access token."""

OptionalCaller = Annotated[SignedIn | RoomClaims | None, Depends(_caller_or_guest)]
"""An account (access token), a guest that comes again (the room token it was given), or nobody."""

UserAgent = Annotated[str | None, Depends(_user_agent)]
"""The program that calls, as it names itself; to be shown, not trusted."""
