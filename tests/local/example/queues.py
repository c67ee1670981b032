"""The functions of the example that use queues."""

import json
import os
from typing import Any

import boto3
import redis


def kept() -> redis.Redis:
    return redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


def send(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Puts each line of the body into the queue."""
    boto3.client("sqs").send_message_batch(
        QueueUrl=os.environ["QUEUE"],
        Entries=[
            {
                "Id": str(at),
                "MessageBody": line,
                "MessageAttributes": {"kind": {"DataType": "String", "StringValue": "line"}},
            }
            for at, line in enumerate(event["body"].split("\n"))
        ],
    )
    return {"statusCode": 202}


def work(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Does what is good, and says of what is bad that it failed."""
    kept().rpush("batches", json.dumps(event))
    bad = [each["messageId"] for each in event["Records"] if each["body"].startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in bad]}


def bury(event: dict[str, Any], _context: object) -> Any:
    """Keeps what came to the dead-letter queue; tells all over HTTP."""
    if "requestContext" not in event:
        kept().rpush("dead", *(each["body"] for each in event["Records"]))
        return None
    batches = [json.loads(each) for each in kept().lrange("batches", 0, -1)]
    return {"batches": batches, "dead": kept().lrange("dead", 0, -1)}
