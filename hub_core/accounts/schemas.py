"""Accounts as they cross the door."""

from typing import Literal, Self

from pydantic import Field

from hub_core.accounts.tables import UserRow
from hub_core.kernel.ids import UserId
from hub_core.kernel.values import Moment, Value


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


class Me(Value):
    """The account that calls."""

    user: User


class Tokens(Value):
    """What a sign-in gives."""

    user: User
    access_token: str = Field(description="For `Authorization: Bearer`.", repr=False)
    refresh_token: str = Field(
        description="For `POST /v1/auth/refresh`, once: the answer holds the next.", repr=False
    )
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (a word of RFC 6750)
    expires_in: int = Field(description="Seconds that the access token lasts.")
