"""Every minute: leases, graces, silent connections, rooms that are over."""

from typing import Any

from hub_core.adapters import runtime
from hub_core.live.house import house


def handler(_event: dict[str, Any], _context: Any) -> None:
    """Sweep all rooms, again and again until the next run begins."""
    runtime.run(house().sweep.minute())
