"""`$disconnect`: a connection is gone. At most once, perhaps late, perhaps never."""

from typing import Any

from hub_core.adapters import runtime
from hub_core.live.house import house


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Tell the room that it sat in; the result is read by nobody."""
    runtime.run(house().socket.disconnect(event))
    return {"statusCode": 200}
