"""`$default`: a frame from a client, whatever its type."""

from typing import Any

from hub_core.adapters import runtime
from hub_core.live.house import house


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer it, through the management API."""
    runtime.run(house().socket.message(event))
    return {"statusCode": 200}
