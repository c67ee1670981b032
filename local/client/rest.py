"""The REST side of a client: calls, and access tokens that renew themselves."""

import asyncio
from types import TracebackType
from typing import Any, Self

import httpx

from local.client.frames import Json, Refused


class Rest:
    """Calls to one API, on behalf of one account, or of nobody."""

    def __init__(self, url: str, *, timeout: float = 35) -> None:
        self.tokens: Json | None = None
        """`Tokens`, once there are some."""
        self._http = httpx.AsyncClient(base_url=url, timeout=timeout, trust_env=False)
        self._renewal = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    @property
    def access_token(self) -> str | None:
        """The newest, if anybody is signed in."""
        return str(self.tokens["accessToken"]) if self.tokens else None

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        bearer: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """The JSON of the answer; None for 204. An access token that has expired is renewed once.

        Raises:
            Refused: The answer is a problem.
        """
        token = bearer or self.access_token
        answer = await self.ask(method, path, body, bearer=token, headers=headers)
        if answer.status_code == httpx.codes.UNAUTHORIZED and bearer is None and self.tokens:
            problem = _problem(answer)
            if problem.get("type") == "auth/token-expired":
                await self.renew(instead_of=token)
                token = self.access_token
                answer = await self.ask(method, path, body, bearer=token, headers=headers)
        if answer.is_error:
            raise Refused(_problem(answer))
        return answer.json() if answer.content else None

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        bearer: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """One request, and its answer as it is."""
        credentials = {"authorization": f"Bearer {bearer}"} if bearer else {}
        sent = None if body is None else body
        return await self._http.request(
            method, path, json=sent, headers={**credentials, **(headers or {})}
        )

    async def renew(self, instead_of: str | None = None) -> None:
        """Rotate the tokens; of many who ask at once, the first does it.

        Raises:
            Refused: The session is over (401), or it could not be renewed now.
        """
        async with self._renewal:
            if self.tokens is None or (instead_of and instead_of != self.access_token):
                return
            refresh = {"refreshToken": self.tokens["refreshToken"]}
            answer = await self.ask("POST", "/v1/auth/refresh", refresh)
            if answer.is_error:
                if answer.status_code == httpx.codes.UNAUTHORIZED:
                    self.tokens = None
                raise Refused(_problem(answer))
            self.tokens = answer.json()


def _problem(answer: httpx.Response) -> Json:
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    # What API Gateway itself says has a message and no type.
    if not isinstance(problem, dict) or "type" not in problem:
        problem = {"type": "", "title": answer.reason_phrase, "detail": answer.text[:200]}
    return {"status": answer.status_code, **problem}
