"""What a connection is told as such: that its time runs out, why it is closed, several at once."""

from typing import Any, ClassVar

import orjson
from pydantic import Field

from hub_core.kernel.errors import Action
from hub_core.rooms.messages import Event


class ConnectionWord(Event):
    """To one connection alone, whatever sits on it."""

    def frame(self) -> bytes:
        """The frame that it gets."""
        return orjson.dumps({"type": self.type, "payload": self.payload()})


class ConnectionExpiring(ConnectionWord):
    """API Gateway ends every connection after two hours. Open another, resume, drop this one."""

    type: ClassVar[str] = "connection.expiring"
    reconnect_within_ms: int = Field(ge=0)


class SessionClosed(ConnectionWord):
    """The server closes this connection; `action` says what to do next."""

    type: ClassVar[str] = "session.closed"
    reason: str
    action: Action


class Batch(ConnectionWord):
    """Several frames in one, in their order; for clients that asked for the feature `batch`."""

    type: ClassVar[str] = "batch"
    events: list[dict[str, Any]]
