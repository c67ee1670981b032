"""The mail queue: each message is a mail to be delivered."""

from typing import Any

from hub_core.adapters.defects import log_defect
from hub_core.adapters.mail import Mail, carrier


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Deliver a batch; those that failed come again, and in the end to the dead-letter queue."""
    failed = []
    for record in event["Records"]:
        try:
            carrier().carry(Mail.model_validate_json(record["body"]))
        except Exception as error:  # noqa: BLE001 (whatever it is, the others are not to suffer)
            log_defect(error, record["messageId"], queue="mail")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
