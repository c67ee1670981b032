"""The functions of the example."""

import json
import os
import time
from typing import Any

import boto3
import redis


def echo(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return {"statusCode": 200, "body": event.get("body") or event["rawPath"]}


def variables(_event: object, _context: object) -> dict[str, str]:
    return dict(os.environ)


def never(_event: object, _context: object) -> None:
    time.sleep(600)


def clock(event: dict[str, Any], _context: object) -> Any:
    """Keeps what the schedule sends, and tells it over HTTP."""
    kept = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    if "requestContext" in event:
        return [json.loads(each) for each in kept.lrange("ticks", 0, -1)]
    kept.rpush("ticks", json.dumps(event))
    return None


def socket(event: dict[str, Any], _context: object) -> dict[str, int]:
    """`{"to": connection id, "text": …}` is posted there; anything else tells one's own id."""
    context = event["requestContext"]
    if context["eventType"] == "MESSAGE":
        management = boto3.client("apigatewaymanagementapi", endpoint_url=os.environ["MANAGEMENT"])
        told = json.loads(event["body"])
        management.post_to_connection(
            ConnectionId=told.get("to", context["connectionId"]),
            Data=told.get("text", context["connectionId"]).encode(),
        )
    return {"statusCode": 200}
