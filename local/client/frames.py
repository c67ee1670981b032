"""Frames and refusals as a client sees them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, either way."""

    type: str
    payload: Json
    request_id: str | None = None
    epoch: str | None = None
    seq: int | None = None
    """`epoch` and `seq` stand on room events alone."""

    @classmethod
    def read(cls, text: str | bytes) -> "Frame":
        """Read what came over a socket."""
        return cls.of(json.loads(text))

    @classmethod
    def of(cls, frame: Mapping[str, Any]) -> "Frame":
        """A frame from its JSON.

        API Gateway's own words have no `type`: `{"message": "Internal server error", "requestId"}`
        when a function has died. They become a `(gateway)` frame; the id in it is none of ours.
        """
        if "type" not in frame:
            return cls("(gateway)", dict(frame))
        return cls(
            type=frame["type"],
            payload=frame.get("payload") or {},
            request_id=frame.get("requestId"),
            epoch=frame.get("epoch"),
            seq=frame.get("seq"),
        )

    def text(self) -> str:
        """What goes over the socket when a client sends it."""
        named = {} if self.request_id is None else {"requestId": self.request_id}
        return json.dumps({"type": self.type, **named, "payload": self.payload})

    @property
    def is_last_word(self) -> bool:
        """Whether after this there is no session to come back to."""
        closed = self.type == "session.closed" and self.payload.get("action") != "resume"
        return closed or self.type in ("connection.replaced", "room.kicked", "room.ended")

    @property
    def is_replaced(self) -> bool:
        """Whether it says that another connection has the session now."""
        return self.type == "connection.replaced" or self.payload.get("reason") == "replaced"

    def fits(self, kind: str, wanted: Mapping[str, Any]) -> bool:
        """Whether it is of this type, and its payload says what is wanted."""
        return self.type == kind and all(
            key in self.payload and self.payload[key] == value for key, value in wanted.items()
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame on its way: what a checker of histories reads."""

    at: float
    """Seconds on the clock of the client, monotonic unless it was given another."""
    way: Literal["sent", "received"]
    connection: int
    """The how-manieth connection of this client, from 1."""
    text: str


class Refused(Exception):
    """The server said no. `problem` is the whole of it, as over REST (RFC 9457)."""

    def __init__(self, problem: Json) -> None:
        self.problem = problem
        super().__init__(f"{self.type}: {problem.get('detail') or problem.get('title')}")

    @property
    def type(self) -> str:
        """Of the catalogue: `meeting/full`."""
        return str(self.problem.get("type", ""))

    @property
    def status(self) -> int:
        """As HTTP has it."""
        return int(self.problem.get("status", 0))

    @property
    def is_final(self) -> bool:
        """Whether no further attempt to resume changes it."""
        refused = 400 <= self.status < 500  # noqa: PLR2004 - HTTP's: the client's fault
        return refused and self.type not in {"request/rate-limited", "room/not-joined"}
