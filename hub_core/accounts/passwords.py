"""Passwords: which are taken, how they are kept, and how they are checked."""

import base64
import os
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from hub_core.adapters.settings import Settings
from hub_core.kernel.errors import Unavailable

SHORTEST: Final = 8
LONGEST: Final = 1024
"""Bytes of UTF-8, after normalisation."""
QUEUE_SEC: Final = 2.0
"""How long a hash waits for a core before the caller is told to come back."""

_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
_cores = threading.BoundedSemaphore(os.cpu_count() or 1)
"""Containers may be threads of one process, and argon2 releases the GIL: more hashes at a time than
cores would only make all of them slow."""


class UnfitPassword(ValueError):
    """Too short, too long or too common; the text says which."""


def normalized(password: str) -> bytes:
    """What is hashed: NFKC, so that one password typed on two keyboards is the same.

    Raises:
        UnfitPassword: not 8–1024 bytes.
    """
    # Compatibility forms grow under NFKC, up to eighteenfold: measure first.
    if len(password.encode()) > LONGEST:
        raise UnfitPassword(f"has more than {LONGEST} bytes")
    secret = unicodedata.normalize("NFKC", password).encode()
    if not SHORTEST <= len(secret) <= LONGEST:
        raise UnfitPassword(f"has not between {SHORTEST} and {LONGEST} bytes")
    return secret


def check_new(password: str, *, personal: tuple[str, ...] = ()) -> bytes:
    """The normalised secret of a password that somebody chooses.

    Raises:
        UnfitPassword: its length is wrong, or it is among the first that anyone would try: common,
            or the person's own name or address (`personal`).
    """
    secret = normalized(password)
    guess = secret.decode().casefold()
    if guess in _common() or guess in {word.casefold() for word in personal}:
        raise UnfitPassword("is too easy to guess")
    return secret


@cache
def _common() -> frozenset[str]:
    text = Path(__file__).with_name("common_passwords.txt").read_text(encoding="ascii")
    return frozenset(line for line in text.splitlines() if not line.startswith("# "))


@dataclass(frozen=True)
class Hashing:
    """argon2id (RFC 9106) with the costs of the settings; a hash carries its own in PHC form."""

    memory_kib: int
    time_cost: int
    parallelism: int

    @classmethod
    def of(cls, settings: Settings) -> "Hashing":
        """As the settings have it."""
        return cls(
            settings.argon2_memory_kib, settings.argon2_time_cost, settings.argon2_parallelism
        )

    def hash(self, secret: bytes) -> str:
        """The hash to keep.

        Raises:
            Unavailable: all cores are busy with others.
        """
        with _a_core():
            return self._hasher.hash(secret)

    def matches(self, kept: str | None, secret: bytes) -> bool:
        """Whether the secret is the one that was hashed. `None` costs as much, and never is.

        Raises:
            Unavailable: all cores are busy with others.
        """
        with _a_core():
            try:
                self._hasher.verify(kept or self._nobodys, secret)
            except VerificationError:
                return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether the hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(kept)

    @cached_property
    def _hasher(self) -> PasswordHasher:
        return PasswordHasher(
            time_cost=self.time_cost,
            memory_cost=self.memory_kib,
            parallelism=self.parallelism,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )

    @cached_property
    def _nobodys(self) -> str:
        """A hash that no password has; checking it is the full work, making it is none."""
        costs = f"m={self.memory_kib},t={self.time_cost},p={self.parallelism}"
        salt, value = (
            base64.b64encode(bytes(size)).decode().rstrip("=")
            for size in (_SALT_BYTES, _HASH_BYTES)
        )
        return f"$argon2id$v=19${costs}${salt}${value}"


@contextmanager
def _a_core() -> Iterator[None]:
    if not _cores.acquire(timeout=QUEUE_SEC):
        raise Unavailable("Too many people are signing in at once; try again.")
    try:
        yield
    finally:
        _cores.release()
