"""`RefreshCookie`: a refresh token as a cookie, for browsers, or in the body, for everything else.

Who sends `X-Hub-Refresh` when signing in gets the token as a cookie that no script can read, and
none in the body. A cookie counts only together with the header: another site can make a browser
send the one (`SameSite=Strict` stops most of that), but never the other.
See docs/decisions/0011-two-ways-to-carry-a-refresh-token.md.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Cookie, Depends, Header, Response

from hub_core.accounts.schemas import PresentedToken, Tokens
from hub_core.adapters.settings import settings
from hub_core.kernel.errors import Forbidden, Unauthorized

COOKIE: Final = "__Host-hub_rt"
"""The prefix makes browsers insist on `Secure`, `Path=/` and this very host (RFC 6265bis)."""
HEADER: Final = "X-Hub-Refresh"


@dataclass(frozen=True)
class RefreshTokenCarrier:
    """How this client carries its refresh token."""

    asked: bool
    """It sent the header."""
    cookie: str | None
    response: Response

    def hand_over(self, tokens: Tokens) -> Tokens:
        """Give the tokens: the refresh token as a cookie if that was asked for."""
        if not self.asked or tokens.refresh_token is None:
            return tokens
        self._set(tokens.refresh_token, settings().refresh_ttl_sec)
        return tokens.model_copy(update={"refresh_token": None})

    def presented(self, draft: PresentedToken | None) -> str:
        """The token that was sent, in the body or else as a cookie.

        Raises:
            Unauthorized: neither.
            Forbidden: a cookie without the header.
        """
        token = self.presented_or_none(draft)
        if token is None:
            raise Unauthorized
        return token

    def presented_or_none(self, draft: PresentedToken | None) -> str | None:
        """The same, where it may be missing.

        Raises:
            Forbidden: a cookie without the header.
        """
        if draft is not None and draft.refresh_token is not None:
            return draft.refresh_token.get_secret_value()
        if self.cookie is not None and not self.asked:
            raise Forbidden(f"A refresh cookie counts only together with the header {HEADER}.")
        return self.cookie

    def forget(self) -> None:
        """Have the browser drop its cookie, if it has one."""
        if self.cookie is not None:
            self._set("", 0)

    def _set(self, value: str, max_age: int) -> None:
        self.response.set_cookie(
            COOKIE, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="strict"
        )


async def _carrier(
    response: Response,
    x_hub_refresh: Annotated[
        str | None,
        Header(
            alias=HEADER,
            max_length=64,
            description="Sent (with any value): the refresh token travels as the cookie "
            f"`{COOKIE}`, not in bodies.",
        ),
    ] = None,
    refresh_token: Annotated[str | None, Cookie(alias=COOKIE, include_in_schema=False)] = None,
) -> RefreshTokenCarrier:
    return RefreshTokenCarrier(x_hub_refresh is not None, refresh_token, response)


RefreshCookie = Annotated[RefreshTokenCarrier, Depends(_carrier)]
"""Takes and gives refresh tokens the way in which this client carries them."""
