"""Names of things: ULIDs, and one NewType for each kind so that they cannot be mixed up."""

from collections.abc import Callable
from typing import Annotated, Final, NewType

from pydantic import StringConstraints
from ulid import ULID

UserId = NewType("UserId", str)
MeetingId = NewType("MeetingId", str)
InviteId = NewType("InviteId", str)
ParticipantId = NewType("ParticipantId", str)
"""A person in one meeting; an account has one per meeting, whatever happens."""
SessionId = NewType("SessionId", str)
"""One stay of a participant in a room; survives its connections."""
ConnectionId = NewType("ConnectionId", str)
"""API Gateway's name for a socket: 15 characters of base64url and `=`."""
MessageId = NewType("MessageId", str)
Epoch = NewType("Epoch", str)
"""One conference: a room from its opening to its end. The id of its row in `conferences`."""

ULID_PATTERN: Final = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$"
UlidText = Annotated[str, StringConstraints(pattern=ULID_PATTERN)]
"""26 characters of Crockford base32, upper case (the ULID specification)."""
NO_NUL: Final = r"^[^\x00]*$"
"""PostgreSQL stores anything but this one character, in text and in JSON."""
Addressee = Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)]
"""Whom a client means: a participantId, one hopes. Anything else names nobody in the room."""

Mint = Callable[[], str]
"""Makes a fresh id. Handed in wherever ids are decided about, so that tests can name them."""


def new_id() -> str:
    """A fresh ULID: sortable by time, 80 random bits."""
    return str(ULID())
