"""Names in paths: what is no id at all is answered like an id that nothing has."""

from typing import Annotated, Any, Final

from fastapi import Path
from pydantic import BeforeValidator, TypeAdapter, ValidationError, WithJsonSchema

from hub_core.kernel.errors import (
    HubError,
    InviteNotFound,
    MeetingNotFound,
    ParticipantNotFound,
    SessionNotFound,
)
from hub_core.kernel.ids import ULID_PATTERN, InviteId, MeetingId, ParticipantId, UlidText

_ULID: Final[TypeAdapter[str]] = TypeAdapter(UlidText)


def _or(error: type[HubError]) -> Any:
    def check(text: str) -> str:
        try:
            return _ULID.validate_python(text)
        except ValidationError:
            raise error from None

    return BeforeValidator(check)


_SCHEMA: Final = WithJsonSchema({"type": "string", "pattern": ULID_PATTERN})

MeetingPath = Annotated[MeetingId, _or(MeetingNotFound), _SCHEMA, Path(alias="id")]
"""`{id}` of a meeting."""

ParticipantPath = Annotated[
    ParticipantId, _or(ParticipantNotFound), _SCHEMA, Path(alias="participantId")
]
"""`{participantId}` of somebody in a meeting."""

InvitePath = Annotated[InviteId, _or(InviteNotFound), _SCHEMA, Path(alias="inviteId")]
"""`{inviteId}`."""

SignInPath = Annotated[str, _or(SessionNotFound), _SCHEMA, Path(alias="sessionId")]
"""`{sessionId}` of a sign-in session."""


def located(what: str) -> dict[str, Any]:
    """OpenAPI's description of a 201 that says where the new thing is (RFC 9110 §15.3.2)."""
    return {"headers": {"Location": {"description": what, "schema": {"type": "string"}}}}
