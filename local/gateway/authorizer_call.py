"""Calling an authorizer's function, and telling the observer of it."""

import time
from collections.abc import Mapping
from typing import Any

from local.gateway.integration import Result, integrate
from local.gateway.observer import Invocation
from local.gateway.setup import Setup
from local.model import LambdaAuthorizer

_SECONDS = 10.0
"""That an authorizer's function has."""


async def observed(setup: Setup, authorizer: LambdaAuthorizer, event: Mapping[str, Any]) -> Result:
    """What the function said."""
    started = time.perf_counter()
    result = await integrate(setup.lambdas, authorizer.function, event, _SECONDS)
    context = event["requestContext"]
    setup.observer(
        Invocation(
            route=f"authorizer {authorizer.name}",
            function=authorizer.function,
            status=None,
            milliseconds=(time.perf_counter() - started) * 1000,
            cold=result.cold,
            request_id=context["requestId"],
            connection_id=context.get("connectionId"),
            error=result.error,
        )
    )
    return result
