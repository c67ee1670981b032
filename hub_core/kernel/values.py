"""The two shapes of everything that crosses a door: what comes in and what goes out."""

import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

BIDI_CONTROLS: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
BLANK_LETTERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Hangul fillers and the empty Braille pattern: letters to Unicode, nothing to an eye."""
_BREAKS: Final = frozenset({"Cc", "Zl", "Zp"})
"""Controls, and the separators of lines and paragraphs: no header of a mail can hold them."""


class Value(BaseModel):
    """Immutable; snake_case in Python, camelCase on the wire; unknown keys are ignored.

    Ignoring them lets a newer client talk to an older server while a deployment rolls through.
    """

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        # What goes out has all its keys, also those with a default: the documents promise them.
        json_schema_serialization_defaults_required=True,
    )


class Draft(Value):
    """A REST body. Unknown keys are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid")


def rfc3339(moment: datetime) -> str:
    """UTC with milliseconds and `Z`: `2026-11-22T16:59:33.972Z` (RFC 3339)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def epoch_ms(moment: datetime) -> int:
    """Milliseconds since 1970, as Redis scores and JavaScript have them."""
    return round(moment.timestamp() * 1000)


def from_ms(milliseconds: int) -> datetime:
    """The moment that `epoch_ms` made this of, in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def storable(text: str) -> str:
    """The text in NFC, if PostgreSQL can hold it: no NUL, no lone surrogate."""
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("contains a NUL or a lone surrogate")
    return unicodedata.normalize("NFC", text)


def printable(text: str) -> str:
    """The text in NFC, if it fits a line on a screen: no control, no bidi, something visible."""
    text = storable(text)
    if any(unicodedata.category(letter) in _BREAKS or letter in BIDI_CONTROLS for letter in text):
        raise ValueError("contains a control, line-break or text-direction character")
    if all(
        letter in BLANK_LETTERS or unicodedata.category(letter) in {"Cf", "Mn", "Me", "Zs"}
        for letter in text
    ):
        raise ValueError("has nothing visible in it")
    return text


def _at_most(length: int) -> AfterValidator:
    """Measured once more as it is kept: NFC takes some letters apart, into two or three."""

    def check(text: str) -> str:
        if len(text) > length:
            raise ValueError(f"has more than {length} characters in NFC")
        return text

    return AfterValidator(check)


Moment = Annotated[
    AwareDatetime,
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A point in time; RFC 3339 on the wire, always with `Z`."""

DisplayName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60),
    AfterValidator(printable),
    _at_most(60),
]
"""What people are called in a meeting: 1–60 characters, NFC."""

Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=255),
    AfterValidator(printable),
    _at_most(255),
]
"""A meeting's title: 1–255 characters, NFC."""

Text = Annotated[str, AfterValidator(storable)]
"""Free text, NFC, as PostgreSQL can store it; the field sets its length."""
