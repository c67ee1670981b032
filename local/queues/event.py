"""The event of a batch of messages, and which of them a function's answer leaves undone."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from local.model import ACCOUNT_ID

Message = Mapping[str, Any]
"""As `ReceiveMessage` tells it."""

_FIFO = ("MessageDeduplicationId", "MessageGroupId", "SequenceNumber")
_ALWAYS = (
    *("ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount"),
    *("SenderId", "SentTimestamp"),
)


def queue_event(messages: Sequence[Message], queue: str, region: str) -> dict[str, Any]:
    """What the function is called with: developer guide, "Using Lambda with Amazon SQS"."""
    arn = f"arn:aws:sqs:{region}:{ACCOUNT_ID}:{queue}"
    return {"Records": [_record(message, arn, region) for message in messages]}


def _record(message: Message, arn: str, region: str) -> dict[str, Any]:
    told = message.get("Attributes") or {}
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {name: told[name] for name in (*_ALWAYS, *_FIFO) if name in told},
        "messageAttributes": {
            name: _attribute(value)
            for name, value in (message.get("MessageAttributes") or {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": region,
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    told = {"dataType": value["DataType"], "stringListValues": [], "binaryListValues": []}
    if "StringValue" in value:
        told["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        told["binaryValue"] = value["BinaryValue"]
    return told


def done_of(messages: Sequence[Message], payload: bytes) -> list[Message]:
    """The messages that a function with `ReportBatchItemFailures` has dealt with.

    Nothing said means all of them. A name that is empty or of no message, or an answer of another
    shape, means none: developer guide, "Reporting batch item failures".
    """
    try:
        failed = _failed(orjson.loads(payload))
    except (ValueError, TypeError, KeyError):
        return []
    known = {message["MessageId"] for message in messages}
    if not failed <= known:
        return []
    return [message for message in messages if message["MessageId"] not in failed]


def _failed(answer: Any) -> set[str]:
    if answer is None:
        return set()
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else [answer]
    return {failure["itemIdentifier"] for failure in failures or []}
