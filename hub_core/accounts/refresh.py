"""Refresh tokens: opaque families in which each token determines its successor (RFC 9700 §4.14.2).

A token is `hr1.<family>.<generation>.<secret>.<mac>`. The secret of the next one is an HMAC of this
one's, so that a client that lost the answer and asks again gets the *same* successor, and yet only
hashes are stored. The MAC tells a token that was once issued from one that was made up: a genuine
but outdated one is a sign of theft and ends its family; a forged one must change nothing, or anyone
could sign people out.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from re import compile as pattern
from typing import Final

from hub_core.adapters.settings import Keyring

GRACE: Final = timedelta(seconds=10)
"""How long the immediate parent is answered with the same successor again."""
SECRET_BYTES: Final = 32
FAMILY_BYTES: Final = 16
_FORM: Final = pattern(
    r"(hr1\.([A-Za-z0-9_-]{22})\.(0|[1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43}))\.([A-Za-z0-9_-]{43})"
)


@dataclass(frozen=True)
class RefreshToken:
    """A token whose MAC is right: it was issued, once."""

    family: str
    generation: int
    secret: str = field(repr=False)

    @property
    def hash(self) -> bytes:
        """What is stored of it."""
        return hashlib.sha256(self.secret.encode()).digest()


def first(*, family: bytes, secret: bytes) -> RefreshToken:
    """The first of a family, from 16 and 32 random bytes."""
    return RefreshToken(_text(family), 0, _text(secret))


def write(token: RefreshToken, keys: Keyring) -> str:
    """The token as clients hold it, signed with the newest key."""
    body = _body(token)
    return f"{body}.{_mac(keys, 0, body)}"


def read(text: str, keys: Keyring) -> RefreshToken | None:
    """The token, if its MAC is one of ours; None if it was made up."""
    form = _FORM.fullmatch(text)
    if form is None:
        return None
    body, family, generation, secret, mac = form.groups()
    # All keys, so that the time does not tell which one it was.
    if not any([hmac.compare_digest(_mac(keys, i, body), mac) for i in range(len(keys))]):  # noqa: C419
        return None
    return RefreshToken(family, int(generation), secret)


def successor(token: RefreshToken, text: str, keys: Keyring) -> RefreshToken:
    """The next of the family: the same one however often it is asked for.

    Derived with the key that signed `text` (the token as it was presented), so that a new key at
    the head of the ring does not change the answer to a retry.
    """
    body, _, mac = text.rpartition(".")
    signer = next(i for i in range(len(keys)) if hmac.compare_digest(_mac(keys, i, body), mac))
    secret = _hmac(keys, signer, f"successor:{body}")
    return RefreshToken(token.family, token.generation + 1, _text(secret))


class Verdict(Enum):
    """What a genuine token is worth, held against its family."""

    ROTATE = "rotate"
    REPEAT = "repeat"
    """The parent, within its grace: the same successor again, and nothing is written."""
    REVOKE = "revoke"
    """Outdated: somebody has a copy. The whole family ends."""


def judge(
    token: RefreshToken,
    *,
    cur_hash: bytes,
    prev_hash: bytes | None,
    rotated_at: datetime,
    now: datetime,
) -> Verdict:
    """Decide on a genuine token of a family that is neither revoked nor expired.

    `rotated_at` and `now` are PostgreSQL's, read under the family's row lock.
    """
    if hmac.compare_digest(token.hash, cur_hash):
        return Verdict.ROTATE
    if (
        prev_hash is not None
        and hmac.compare_digest(token.hash, prev_hash)
        and now - rotated_at <= GRACE
    ):
        return Verdict.REPEAT
    return Verdict.REVOKE


def _body(token: RefreshToken) -> str:
    return f"hr1.{token.family}.{token.generation}.{token.secret}"


def _mac(keys: Keyring, index: int, body: str) -> str:
    return _text(_hmac(keys, index, f"mac:{body}"))


def _hmac(keys: Keyring, index: int, message: str) -> bytes:
    return hmac.digest(keys[index].secret.get_secret_value(), message.encode(), "sha256")


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
