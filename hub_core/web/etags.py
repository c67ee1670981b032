"""Conditional changes: `ETag` and `If-Match` (RFC 9110 §13.1.1)."""

import re
from typing import Annotated, Final

from fastapi import Depends, Header

_ETAG: Final = re.compile(r'(W/)?"([!#-~]*)"')


def etag(version: int) -> str:
    """The tag of a version."""
    return f'"{version}"'


def versions(if_match: str | None) -> frozenset[int] | None:
    """The versions that a change is for; None: whichever it is.

    Weak tags and what is no tag match nothing: a change is refused rather than made by mistake.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tags = _ETAG.findall(if_match)
    return frozenset(int(tag) for weak, tag in tags if not weak and re.fullmatch("[0-9]{1,9}", tag))


async def _expected(
    if_match: Annotated[
        str | None,
        Header(description="`ETag` of what you have read; refused with 412 if it has changed."),
    ] = None,
) -> frozenset[int] | None:
    return versions(if_match)


IfMatch = Annotated[frozenset[int] | None, Depends(_expected)]
"""The versions that the client knows of; None: it does not say."""
