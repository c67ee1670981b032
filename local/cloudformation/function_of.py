"""Which function of the template an ARN means."""

import re
from collections.abc import Collection

from local.cloudformation.resource import Resource

_FUNCTION_ARN = re.compile(r":function:([A-Za-z0-9_-]+)")


def function_of(
    part: Resource, key: str, functions: Collection[str], skipped: Collection[str]
) -> str | None:
    """The function that an ARN (or an integration's URI around one) means."""
    if key not in part.keys:
        part.problem(f"it has no {key}")
        return None
    arn = part.text(key)
    if arn is None:
        return None
    match = _FUNCTION_ARN.search(arn)
    name = match[1] if match else arn
    if name in skipped:
        part.unsupported(f"it leads to {name}, which is not run")
        return None
    if not match or name not in functions:
        part.problem(f"{key} is {arn!r}, no function of this template")
        return None
    return name
