"""The queue of shares: each message is a part of a big room that is to be told something."""

from typing import Any

from hub_core.adapters import runtime
from hub_core.adapters.defects import log_defect
from hub_core.live.house import house


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Post them; those that failed come again, and find it done by whoever waited for them."""
    failed = []
    for record in event["Records"]:
        try:
            runtime.run(house().work(record["body"]))
        except Exception as error:  # noqa: BLE001 (whatever it is, the others are not to suffer)
            log_defect(error, record["messageId"], queue="fan-out")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
