"""What a Lambda authorizer's answer allows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import orjson

_ACTION = "execute-api:Invoke"
LARGEST = 8 * 1024
"""Bytes of an authorizer's answer."""


class BadAnswerError(ValueError):
    """An authorizer's answer that API Gateway cannot use: the caller gets a 500."""


@dataclass(frozen=True)
class Verdict:
    """Whether a caller may go on, and what the route's function is told about them."""

    allowed: bool
    principal: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)


def simple_verdict(payload: bytes) -> Verdict:
    """`{"isAuthorized": true, "context": {…}}`.

    Raises:
        BadAnswerError: It is of another shape.
    """
    answer = _object(payload)
    allowed = answer.get("isAuthorized")
    if not isinstance(allowed, bool):
        raise BadAnswerError("isAuthorized is neither true nor false")
    return Verdict(allowed, context=_context(answer))


def policy_verdict(payload: bytes, arn: str) -> Verdict:
    """`{"principalId", "policyDocument", "context"}`, as it bears upon `arn`; a Deny wins.

    Raises:
        BadAnswerError: It is of another shape.
    """
    answer = _object(payload)
    principal, document = answer.get("principalId"), answer.get("policyDocument")
    if not isinstance(principal, str) or not isinstance(document, dict):
        raise BadAnswerError("principalId or policyDocument is missing")
    effects = {
        statement.get("Effect")
        for statement in _listed(document.get("Statement"))
        if isinstance(statement, dict) and _bears_upon(statement, arn)
    }
    allowed = "Allow" in effects and "Deny" not in effects
    return Verdict(allowed, principal, _context(answer))


def _bears_upon(statement: Mapping[str, Any], arn: str) -> bool:
    actions = _listed(statement.get("Action"))
    resources = _listed(statement.get("Resource"))
    return any(_fits(_ACTION.lower(), str(each).lower()) for each in actions) and any(
        _fits(arn, str(each)) for each in resources
    )


def _fits(text: str, pattern: str) -> bool:
    # IAM knows * and ?, and no brackets.
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _object(payload: bytes) -> dict[str, Any]:
    if len(payload) > LARGEST:
        raise BadAnswerError(f"the answer is more than {LARGEST} bytes")
    try:
        answer = orjson.loads(payload)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        raise BadAnswerError("the answer is no object")
    return answer


def _context(answer: Mapping[str, Any]) -> dict[str, Any]:
    context = answer.get("context")
    if context is None:
        return {}
    if not isinstance(context, dict):
        raise BadAnswerError("context is no object")
    return context


def as_text(value: Any) -> str:
    """A context's value as WebSocket events show it."""
    return value if isinstance(value, str) else json.dumps(value)
