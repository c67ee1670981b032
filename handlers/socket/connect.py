"""`$connect`: somebody opens a socket, and has not said yet who it is."""

from typing import Any

from hub_core.adapters import runtime
from hub_core.live.house import house


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Take note of the connection; the status is that of the handshake."""
    return {"statusCode": runtime.run(house().socket.connect(event))}
