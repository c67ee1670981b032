"""The one catalogue of foreseen errors, for REST and for the sockets (RFC 9457, Problem Details).

Each class is one `type` with one status. Raise it where the cause is known; it is rendered in one
place per door: `hub_core.web.problems` for REST and `hub_core.live.frames` for the sockets. What is
not in here is a defect: it rises, is logged with the request id, and is answered as
`server/internal-error`.
"""

from typing import ClassVar, Final, Literal

from pydantic import Field

from hub_core.kernel.values import Value

Action = Literal["none", "resume", "rejoin", "reauth"]
"""What a client does next: nothing, `session.resume`, ask for a new room token and `room.join`,
or sign in again."""


class Fault(Value):
    """One thing wrong with a body: a JSON pointer (RFC 6901) to it, and what is wrong."""

    pointer: str
    detail: str


class Problem(Value):
    """`application/problem+json` (RFC 9457), also the payload of an `error` frame."""

    type: str
    title: str
    detail: str
    status: int
    instance: str | None = Field(None, description="The request id that the logs carry.")
    errors: list[Fault] | None = None
    retry_after_ms: int | None = None
    action: Action | None = None


class HubError(Exception):
    """A foreseen refusal: `type`, `status` and `title` by class, `detail` from the raiser."""

    type: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    action: ClassVar[Action | None] = None

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: list[Fault] | None = None,
        retry_after_ms: int | None = None,
        keeps_changes: bool = False,
    ) -> None:
        """`detail` is shown to people; never put a secret or another person's data into it.

        `keeps_changes`: what was done before stays done, where a refusal otherwise undoes it.
        """
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors
        self.retry_after_ms = retry_after_ms
        self.keeps_changes = keeps_changes

    def __init_subclass__(cls) -> None:
        """Enter the class into the catalogue; two classes cannot share a type."""
        super().__init_subclass__()
        if cls.type in CATALOGUE:
            raise TypeError(f"{cls.type} is in the catalogue already")
        CATALOGUE[cls.type] = cls

    def problem(self, instance: str | None = None) -> Problem:
        """The error as clients see it."""
        return Problem(
            type=self.type,
            title=self.title,
            detail=self.detail,
            status=self.status,
            instance=instance,
            errors=self.errors,
            retry_after_ms=self.retry_after_ms,
            action=self.action,
        )


CATALOGUE: Final[dict[str, type[HubError]]] = {}


class InvalidCredentials(HubError):
    """Wrong address or wrong password; which of the two is not told."""

    type, status, title = (
        "auth/invalid-credentials",
        401,
        "The e-mail address or the password is wrong.",
    )


class Unauthorized(HubError):
    """No credentials where some are needed."""

    type, status, title = "auth/unauthorized", 401, "Sign in first."
    action = "reauth"


class InvalidToken(HubError):
    """A token that is forged, of another class, revoked or used up."""

    type, status, title = "auth/invalid-token", 401, "This token is not valid."
    action = "reauth"


class TokenExpired(HubError):
    """A genuine token whose time is over: refresh it."""

    type, status, title = "auth/token-expired", 401, "This token has expired."
    action = "reauth"


class Forbidden(HubError):
    """Signed in, but not allowed to."""

    type, status, title = "auth/forbidden", 403, "You are not allowed to do this."


class SessionNotFound(HubError):
    """No such sign-in session, or somebody else's: the two look the same."""

    type, status, title = "auth/session-not-found", 404, "There is no such sign-in session."


class UserExists(HubError):
    """The e-mail address has an account already."""

    type, status, title = "auth/user-exists", 409, "There is an account with this e-mail address."


class Invalid(HubError):
    """A body or payload that does not fit; `errors` says where."""

    type, status, title = "validation/invalid", 400, "The request does not have the expected shape."


class TooLarge(HubError):
    """More bytes than the door takes."""

    type, status, title = "request/too-large", 413, "The request is too large."


class RateLimited(HubError):
    """Too many of these in a short time; `retryAfterMs` says when to come back."""

    type, status, title = "request/rate-limited", 429, "Too many requests; wait a little."


class KeyReused(HubError):
    """An `Idempotency-Key` that came with another request before: one key, one request."""

    type, status, title = (
        "request/key-reused",
        422,
        "This Idempotency-Key was used for another request.",
    )


class RouteNotFound(HubError):
    """No such path, or not with this method (API Gateway has no 405)."""

    type, status, title = "route/not-found", 404, "There is nothing at this address."


class InternalError(HubError):
    """A defect of ours. The request id leads to the log line."""

    type, status, title = "server/internal-error", 500, "Something went wrong on our side."


class Unavailable(HubError):
    """A data store is down or too slow; nothing was done, try again."""

    type, status, title = (
        "server/unavailable",
        503,
        "The service is not available just now; try again.",
    )

    def __init__(self, detail: str | None = None, *, retry_after_ms: int = 1000) -> None:
        """Always says when to come back: 503 carries `Retry-After`."""
        super().__init__(detail, retry_after_ms=retry_after_ms)


class MeetingNotFound(HubError):
    """No such meeting, or none that you may know of: the two look the same."""

    type, status, title = "meeting/not-found", 404, "There is no such meeting."


class MeetingForbidden(HubError):
    """The meeting's rules or your role do not allow it."""

    type, status, title = "meeting/forbidden", 403, "This meeting does not allow it."


class MeetingEnded(HubError):
    """The host has ended the meeting for everyone."""

    type, status, title = "meeting/ended", 410, "This meeting has ended."
    action = "none"


class MeetingFull(HubError):
    """As many people are in the room as its settings allow."""

    type, status, title = "meeting/full", 409, "This meeting is full."
    action = "none"


class MeetingLocked(HubError):
    """The host has locked the room: nobody new gets in."""

    type, status, title = "meeting/locked", 403, "This meeting is locked."
    action = "none"


class ParticipantNotFound(HubError):
    """Nobody of that id has been to this meeting."""

    type, status, title = (
        "participant/not-found",
        404,
        "There is no such participant in this meeting.",
    )


class InviteNotFound(HubError):
    """No such invite, or it is somebody else's: the two look the same."""

    type, status, title = "invite/not-found", 404, "There is no such invite."


class InviteAlreadyProcessed(HubError):
    """Accepted after declining, or the other way round."""

    type, status, title = "invite/already-processed", 409, "This invite was answered already."


class InvalidRoomToken(HubError):
    """A room token that is forged, expired, used, or revoked by a removal: ask for a new one."""

    type, status, title = "room/invalid-token", 401, "This room token is not valid."
    action = "rejoin"


class NotJoined(HubError):
    """The command needs a room, and this connection is in none."""

    type, status, title = "room/not-joined", 409, "Join the room first."
    action = "rejoin"


class AlreadyJoined(HubError):
    """In the room already: on this connection, or elsewhere and `duplicateJoin` is `reject`."""

    type, status, title = "room/already-joined", 409, "You are in the room already."


class PeerGone(HubError):
    """The one addressed is not in this room (or not any more)."""

    type, status, title = "room/peer-gone", 404, "That participant is not in the room."


class ChatNotFound(HubError):
    """No such message in this meeting, or none that you may know of: the two look the same."""

    type, status, title = "chat/not-found", 404, "There is no such message."


class SessionExpired(HubError):
    """The session cannot be resumed: join again."""

    type, status, title = "room/session-expired", 410, "This session is over; join again."
    action = "rejoin"


class ScreenBusy(HubError):
    """Somebody else shares their screen."""

    type, status, title = "room/screen-busy", 409, "Somebody else is sharing their screen."


class LobbyRejected(HubError):
    """The host did not let you in; knock again after a while."""

    type, status, title = "lobby/rejected", 403, "You were not let in."
    action = "none"


class LobbyAlreadyDecided(HubError):
    """Another host was quicker."""

    type, status, title = "lobby/already-decided", 409, "This was decided already."


class SettingsVersionConflict(HubError):
    """The settings changed since you read them (RFC 9110, If-Match): read them again."""

    type, status, title = "settings/version-conflict", 412, "The settings were changed meanwhile."


class UnknownType(HubError):
    """A frame whose `type` is not one of the protocol's."""

    type, status, title = "message/unknown-type", 400, "There is no such message type."


class Malformed(HubError):
    """A frame that is not JSON, not an object, or has no string `type`."""

    type, status, title = (
        "message/malformed",
        400,
        "The frame is not a JSON object with a string 'type'.",
    )
