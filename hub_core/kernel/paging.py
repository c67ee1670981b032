"""Lists by pages: newest first, each going on where the one before it ended.

Ids are ULIDs, which sort by time. So a cursor is the last id of a page: what is added meanwhile
shifts nothing, and nothing comes twice.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from ulid import ULID

LARGEST_PAGE: Final = 100
USUAL_PAGE: Final = 50
CURSOR_PATTERN: Final = r"^[A-Za-z0-9_-]{22}$"

T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for."""

    limit: int = USUAL_PAGE
    before: str | None = None
    """Only what is older than this id."""

    @property
    def to_fetch(self) -> int:
        """One more than is shown: whether there is one tells whether there is a next page."""
        return self.limit + 1

    def cut(self, rows: Sequence[T], id_of: Callable[[T], str]) -> tuple[list[T], str | None]:
        """The rows of this page, of `to_fetch` that were found, and the cursor to the next one."""
        shown = list(rows[: self.limit])
        return shown, cursor(id_of(shown[-1])) if len(rows) > self.limit else None


def cursor(last: str) -> str:
    """Where a page ended; opaque to clients."""
    return urlsafe_b64encode(ULID.from_str(last).bytes).decode().rstrip("=")


def read_cursor(text: str) -> str:
    """The id in a cursor.

    Raises:
        ValueError: it is none of ours.
    """
    if not re.fullmatch(CURSOR_PATTERN, text):
        raise ValueError("is not a cursor that an earlier page gave")
    return str(ULID.from_bytes(urlsafe_b64decode(text + "==")))
