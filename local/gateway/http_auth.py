"""The authorizers of an HTTP API: who may call a route, and what its function learns of them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.gateway.answers import forbidden, internal_server_error, unauthorized
from local.gateway.authorizer_call import observed
from local.gateway.exchange import Request, Response
from local.gateway.http_event import Call, http_event
from local.gateway.http_routes import Match
from local.gateway.identity import identities
from local.gateway.ids import ACCOUNT_ID
from local.gateway.jwt_check import JwtCheck, TokenRefusedError, claims_as_text
from local.gateway.policy import BadAnswerError, Verdict, policy_verdict, simple_verdict
from local.gateway.setup import Setup
from local.model import HttpApi, JwtAuthorizer, LambdaAuthorizer

_MANY = 1000

Context = Mapping[str, Any]
"""`requestContext.authorizer`."""


@dataclass(frozen=True)
class _Question:
    """One request that a route's authorizer is asked about."""

    request: Request
    match: Match
    call: Call

    def identities(self, sources: tuple[str, ...]) -> list[str] | None:
        return identities(sources, self._header, self.request.query)

    def arn(self, region: str) -> str:
        """The route's, with the path of the request, for policies to allow or deny."""
        call, path = self.call, self.request.raw_path
        if self.match.key == "$default":
            return f"{self._api(region)}/$default"
        stage = f"/{call.stage}"
        path = path.removeprefix(stage) if path.startswith(f"{stage}/") else path
        return f"{self._api(region)}/{self.request.method}{path}"

    def _api(self, region: str) -> str:
        return f"arn:aws:execute-api:{region}:{ACCOUNT_ID}:{self.call.api_id}/{self.call.stage}"

    def _header(self, name: str) -> str | None:
        return self.request.header(name.encode())


class HttpAuth:
    """Asks the authorizer of a route."""

    def __init__(self, api: HttpApi, setup: Setup, region: str) -> None:
        self._setup = setup
        self._region = region
        authorizers = {r.authorizer for r in api.routes if isinstance(r.authorizer, JwtAuthorizer)}
        self._checks = {each.name: JwtCheck(each) for each in authorizers}
        self._remembered: dict[tuple[str, ...], tuple[float, bytes]] = {}
        """Answers, and until when: of a policy, each route reads its own part."""

    async def ask(self, request: Request, match: Match, call: Call) -> Response | Context | None:
        """A refusal; or what the function is told; None if the route has no authorizer."""
        authorizer = match.route.authorizer
        if authorizer is None:
            return None
        question = _Question(request, match, call)
        if isinstance(authorizer, JwtAuthorizer):
            return await self._by_token(authorizer, question)
        return await self._by_function(authorizer, question)

    async def _by_token(self, authorizer: JwtAuthorizer, question: _Question) -> Response | Context:
        request_id = question.call.request_id
        found = question.identities((authorizer.identity,))
        if found is None:
            return unauthorized(request_id, "Bearer")
        scheme, _, rest = found[0].partition(" ")
        token = rest.strip() if scheme.lower() == "bearer" else found[0]
        try:
            claims = await self._checks[authorizer.name].claims(token)
        except TokenRefusedError as refused:
            challenge = f'Bearer scope="" error="invalid_token" error_description="{refused}"'
            return unauthorized(request_id, challenge.replace("\n", " "))
        wanted = question.match.route.scopes
        granted = str(claims.get("scope") or "").split()
        if wanted and not set(wanted) & set(granted):
            return forbidden(request_id)
        return {"jwt": {"claims": claims_as_text(claims), "scopes": list(wanted) or None}}

    async def _by_function(
        self, authorizer: LambdaAuthorizer, question: _Question
    ) -> Response | Context:
        request_id = question.call.request_id
        found = question.identities(authorizer.identity)
        if found is None:
            return unauthorized(request_id)
        key = (authorizer.name, *found)
        until, answer = self._remembered.get(key, (0.0, b""))
        outdated = time.monotonic() > until
        try:
            if outdated:
                answer = await self._asked(authorizer, question, found)
            verdict = self._verdict(authorizer, question, answer)
        except BadAnswerError:
            return internal_server_error(request_id)
        if outdated:
            self._remember(key, authorizer, answer)
        if not verdict.allowed:
            return forbidden(request_id)
        return {"lambda": dict(verdict.context)}

    def _verdict(self, authorizer: LambdaAuthorizer, question: _Question, answer: bytes) -> Verdict:
        if authorizer.simple:
            return simple_verdict(answer)
        return policy_verdict(answer, question.arn(self._region))

    async def _asked(
        self, authorizer: LambdaAuthorizer, question: _Question, found: list[str]
    ) -> bytes:
        """What the function answers.

        Raises:
            BadAnswerError: It failed.
        """
        arn = question.arn(self._region)
        event = http_event(question.request, question.match, question.call)
        for absent in ("body", "isBase64Encoded"):
            event.pop(absent, None)
        event |= {"type": "REQUEST", "routeArn": arn, "identitySource": found or None}
        result = await observed(self._setup, authorizer, event)
        if result.failure is not None:
            raise BadAnswerError(result.error)
        return result.payload

    def _remember(self, key: tuple[str, ...], authorizer: LambdaAuthorizer, answer: bytes) -> None:
        seconds = authorizer.remembered.total_seconds()
        if seconds:
            if len(self._remembered) >= _MANY:
                self._remembered.clear()
            self._remembered[key] = (time.monotonic() + seconds, answer)
