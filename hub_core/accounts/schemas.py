"""Accounts as they cross the door."""

import re
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, WithJsonSchema

from hub_core.accounts.tables import SignInSessionRow, UserRow
from hub_core.kernel.ids import UserId
from hub_core.kernel.values import DisplayName, Draft, Moment, Value

LONGEST_REFRESH_TOKEN: Final = 256
"""Characters; ours have some 130."""
_URL_LETTERS: Final = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
"""RFC 3986, appendix A."""


class User(Value):
    """An account, as its owner sees it. Nobody else is shown the address."""

    id: UserId
    email: str
    display_name: str
    avatar_url: str | None
    created_at: Moment

    @classmethod
    def of(cls, row: UserRow) -> Self:
        """What the row says."""
        return cls(
            id=UserId(row.id),
            email=row.email,
            display_name=row.display_name,
            avatar_url=row.avatar_url,
            created_at=row.created_at,
        )


def _avatar(url: str) -> str:
    """Browsers show it and nobody here fetches it: what matters is where it may lead them."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme == "https" and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
    if not fits or parts.username is not None or not _URL_LETTERS.fullmatch(url):
        raise ValueError("is not an https:// URL")
    return url


AvatarUrl = Annotated[
    str,
    StringConstraints(max_length=2048),
    AfterValidator(_avatar),
    WithJsonSchema({"type": "string", "format": "uri", "pattern": "^https://", "maxLength": 2048}),
]
"""An absolute `https` URL in ASCII, without a name and password in it."""


class ProfileChange(Draft):
    """What changes of an account; what is not named stays."""

    display_name: DisplayName = Field(default_factory=str)
    avatar_url: AvatarUrl | None = Field(None, description="`null`: no picture.")


class Me(Value):
    """The account that calls."""

    user: User


class Tokens(Value):
    """What a sign-in gives."""

    user: User
    access_token: str = Field(description="For `Authorization: Bearer`.", repr=False)
    refresh_token: str | None = Field(
        description="For `POST /v1/auth/refresh`, once: the answer holds the next. "
        "`null` if it was asked for as a cookie.",
        repr=False,
    )
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (a word of RFC 6750)
    expires_in: int = Field(description="Seconds that the access token lasts.")


class PresentedToken(Draft):
    """A refresh token, unless it comes as a cookie."""

    refresh_token: SecretStr | None = Field(None, max_length=LONGEST_REFRESH_TOKEN)


class SignInSession(Value):
    """One device on which the account is signed in."""

    id: str
    created_at: Moment
    last_used_at: Moment
    user_agent: str | None = Field(description="The program, as it named itself at the sign-in.")
    current: bool = Field(description="Whether it is the one that asks.")

    @classmethod
    def of(cls, row: SignInSessionRow, *, current_id: str) -> Self:
        """What the row says."""
        return cls(
            id=row.id,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            user_agent=row.user_agent,
            current=row.id == current_id,
        )


class SignInSessions(Value):
    """Where the account is signed in, the most recently used first."""

    sessions: list[SignInSession]
