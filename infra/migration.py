"""The migration as a custom resource: CloudFormation waits for it before it touches a function.

It only ever goes up. A deployment that is rolled back calls the old code on the new schema, which
stays as it is: migrations expand before they contract, so the old code runs on it.
"""

import os
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from hub_core.adapters.schema import serves
from hub_core.adapters.secrets import reveal
from hub_core.adapters.settings import POINTER
from infra.migrate import PATIENCE_SEC, migrate, once_awake, revision_of

Event = Mapping[str, Any]
Respond = Callable[[str, bytes], None]

RESOURCE_ID: Final = "schema"
LONGEST_REASON: Final = 1000
TIMEOUT_SEC: Final = 10


def handler(event: Event, _context: object) -> None:
    """Handle one request of CloudFormation and answer it, whatever happens.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-requests.html
    """
    respond_to(event, _put)


def respond_to(event: Event, respond: Respond, patience_sec: float = PATIENCE_SEC) -> None:
    """Without an answer CloudFormation would wait for an hour."""
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": RESOURCE_ID,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    try:
        if event["RequestType"] != "Delete":
            answer["Data"] = {"Revision": upgrade(_database_url(), patience_sec)}
    except Exception as error:  # noqa: BLE001 (told to CloudFormation, which fails the deployment)
        reason = f"{type(error).__name__}: {error}"
        answer |= {"Status": "FAILED", "Reason": reason[:LONGEST_REASON]}
    respond(event["ResponseURL"], orjson.dumps(answer))


def upgrade(database_url: str, patience_sec: float) -> str:
    """Bring the schema to what this code needs; answers with the revision that it is at."""
    current = once_awake(database_url, patience_sec)
    if current is None or not serves(current):
        migrate(database_url)
    return str(revision_of(database_url))


def _database_url() -> str:
    value = os.environ["DATABASE_URL"]
    if not value.startswith(POINTER):
        return value
    (revealed,) = reveal([value.removeprefix(POINTER)]).values()
    if isinstance(revealed, Exception):
        raise revealed
    return revealed


def _put(url: str, body: bytes) -> None:
    if urlsplit(url).scheme not in {"https", "http"}:
        raise ValueError("a response goes over HTTP")
    request = urllib.request.Request(url, body, {"Content-Type": ""}, method="PUT")  # noqa: S310 (checked above)
    urllib.request.urlopen(request, timeout=TIMEOUT_SEC).close()  # noqa: S310 (likewise)
