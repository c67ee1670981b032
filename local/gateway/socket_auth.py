"""The authorizer of a WebSocket API, asked once, before `$connect`."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from local.gateway.authorizer_call import observed
from local.gateway.identity import identities
from local.gateway.ids import ACCOUNT_ID, new_id
from local.gateway.integration import Failure
from local.gateway.policy import BadAnswerError, Verdict, as_text, policy_verdict
from local.gateway.setup import Setup
from local.gateway.socket_event import Handshake, Origin, authorizer_event
from local.model import LambdaAuthorizer

_UNAUTHORIZED = ": Unauthorized"
"""The end of a failure that asks for a 401: `raise Exception("Unauthorized")`."""


@dataclass(frozen=True)
class Refused:
    """The handshake fails with this status."""

    status: int


async def ask(
    authorizer: LambdaAuthorizer, handshake: Handshake, origin: Origin, setup: Setup, region: str
) -> Refused | Mapping[str, Any]:
    """What every event of the connection will say of the client, or why there will be none."""
    if identities(authorizer.identity, handshake.header, handshake.query) is None:
        return Refused(HTTPStatus.UNAUTHORIZED)
    api = f"arn:aws:execute-api:{region}:{ACCOUNT_ID}:{origin.api_id}"
    arn = f"{api}/{origin.stage}/$connect"
    event = authorizer_event(handshake, origin, new_id(), time.time(), arn)
    started = time.perf_counter()
    result = await observed(setup, authorizer, event)
    if result.failure is not None:
        said_so = result.failure is Failure.FAILED and (result.error or "").endswith(_UNAUTHORIZED)
        return Refused(HTTPStatus.UNAUTHORIZED if said_so else HTTPStatus.INTERNAL_SERVER_ERROR)
    try:
        verdict = policy_verdict(result.payload, arn)
    except BadAnswerError:
        return Refused(HTTPStatus.INTERNAL_SERVER_ERROR)
    if not verdict.allowed:
        return Refused(HTTPStatus.FORBIDDEN)
    return _told(verdict, int((time.perf_counter() - started) * 1000))


def _told(verdict: Verdict, milliseconds: int) -> dict[str, Any]:
    context = {name: as_text(value) for name, value in verdict.context.items()}
    return {**context, "principalId": verdict.principal, "integrationLatency": milliseconds}
