"""The functions that are measured: they do nothing, so that only the way to them counts."""

from typing import Any


def echo(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """What came, back."""
    return {"statusCode": 200, "body": event["body"]}


def answer(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The connection's own id, as a frame."""
    return {"statusCode": 200, "body": event["requestContext"]["connectionId"]}
