"""Accounts, and the places where they are signed in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub_core.adapters.tables import Table, Ulid, enum_column


class EndOfSession(StrEnum):
    """Why nobody can refresh a sign-in session any more."""

    LOGOUT = "logout"
    ENDED_ELSEWHERE = "ended-elsewhere"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 (a reason, not a password)
    REUSE = "reuse"
    """An outdated refresh token was presented: somebody has a copy."""


class UserRow(Table):
    """An account."""

    __tablename__ = "users"
    id: Mapped[Ulid] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    """As the person wrote it: shown to them, and written to."""
    email_canonical: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    """What makes two spellings one address; see `accounts.email`."""
    email_verified_at: Mapped[datetime | None]
    display_name: Mapped[str] = mapped_column(Text)
    avatar_url: Mapped[str | None] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    """argon2id in its PHC form; NULL for those who sign in elsewhere."""
    created_at: Mapped[datetime]


class IdentityRow(Table):
    """An account as an OpenID provider knows it: by `iss` and `sub` of its id tokens.

    Never by an address: a provider may give that to another person later, `sub` it gives once.
    """

    __tablename__ = "identities"
    issuer: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    subject: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    user_id: Mapped[Ulid] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]


class SignInSessionRow(Table):
    """One sign-in on one device: a family of refresh tokens, each the successor of another.

    Only the newest token and its parent are known, as SHA-256 of their secrets. Lock the row
    (`FOR UPDATE`) before comparing. `rotated_at` is PostgreSQL's clock and changes with nothing but
    a rotation: the grace of the parent hangs on it.
    """

    __tablename__ = "sign_in_sessions"
    id: Mapped[Ulid] = mapped_column(primary_key=True)
    """`sid` of the access tokens; public, unlike `family`."""
    user_id: Mapped[Ulid] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    family: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    """What the refresh tokens name it by; random, told to nobody else."""
    generation: Mapped[int]
    """Counts rotations, from 0."""
    cur_hash: Mapped[bytes] = mapped_column(LargeBinary)
    prev_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    rotated_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """Counted from the sign-in; a rotation does not extend it."""
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[EndOfSession | None] = mapped_column(
        enum_column(EndOfSession, "end_of_session")
    )
    user_agent: Mapped[str | None] = mapped_column(Text)
