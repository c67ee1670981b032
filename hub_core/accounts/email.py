"""E-mail addresses: when two spellings are one."""

from dataclasses import dataclass
from typing import Annotated, Final

from email_validator import EmailNotValidError, validate_email
from pydantic import Field, PlainValidator

LONGEST_ADDRESS: Final = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets
LONGEST_LOCAL_PART: Final = 64


@dataclass(frozen=True)
class EmailAddress:
    """One address: what is shown and written to, and what it is compared by."""

    written: str
    canonical: str
    """Lower case, domain in its ASCII form (IDNA 2008). The canonical form of itself."""


def email_address(text: str) -> EmailAddress:
    """Read an address.

    The local part is ASCII: Unicode look-alikes (a Cyrillic a, a fullwidth A, a dotless i) would be
    another person's address to the eye. Its dots and `+tags` are left alone: what they mean is up
    to the provider. Never compare with PostgreSQL's `lower()`, whose idea of a dotted capital I is
    not Python's.

    Raises:
        ValueError: not an address; the text says why.
    """
    try:
        parts = validate_email(
            text.strip(),
            check_deliverability=False,
            allow_smtputf8=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
        )
    except EmailNotValidError:
        # The library's sentence may quote what it found, letter by letter.
        raise ValueError("is not an e-mail address") from None
    canonical = f"{parts.local_part.lower()}@{parts.ascii_domain.lower()}"
    if len(parts.local_part) > LONGEST_LOCAL_PART or len(canonical) > LONGEST_ADDRESS:
        raise ValueError("is too long for an e-mail address")
    return EmailAddress(parts.normalized, canonical)


def _address(value: object) -> EmailAddress:
    if not isinstance(value, str):
        raise ValueError("is not text")  # noqa: TRY004 (pydantic reports a ValueError)
    return email_address(value)


Email = Annotated[
    EmailAddress,
    PlainValidator(
        _address,
        json_schema_input_type=Annotated[
            str, Field(max_length=LONGEST_ADDRESS, json_schema_extra={"format": "email"})
        ],
    ),
]
"""An address, as a field of what people write."""
