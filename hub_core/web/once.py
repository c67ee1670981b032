"""`Once`: a POST that creates, sent again with its `Idempotency-Key`, creates nothing more.

    @app.post("/v1/meetings", status_code=201)
    async def create(draft: MeetingDraft, caller: Caller, db: Db, once: Once) -> Meeting:
        return await once(Meeting, lambda: service.schedule(db, host=caller.user_id, draft=draft))

The key is the caller's own for 24 hours, and stands for one request: the same method, path and
body. A request that was refused was not served: its key is free again. Without a key, nothing is
remembered.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Header, Request

from hub_core.adapters import idempotency
from hub_core.kernel.values import Value
from hub_core.web.api import add_headers
from hub_core.web.caller import Caller
from hub_core.web.db import Db

LONGEST_KEY: Final = 255

V = TypeVar("V", bound=Value)


@dataclass(frozen=True)
class OnceOnly:
    """What it takes to know a request again; see the module."""

    db: Db
    scope: str
    key: str | None
    request: Request

    async def __call__(self, view: type[V], work: Callable[[], Awaitable[V]]) -> V:
        """The result of `work`, or what it was the first time.

        Raises:
            KeyReused: the key came with another request.
        """
        if self.key is None:
            return await work()
        answer = await idempotency.recall(self.db, self.scope, self.key, await self._fingerprint())
        if answer is not None:
            add_headers(self.request.scope, {"Idempotency-Replayed": "true"})
            return view.model_validate(answer)
        done = await work()
        kept = done.model_dump(mode="json", by_alias=True)
        await idempotency.remember(self.db, self.scope, self.key, kept)
        return done

    async def _fingerprint(self) -> bytes:
        place = f"{self.request.method} {self.request.scope['path']}\n"
        return hashlib.sha256(place.encode() + await self.request.body()).digest()


async def _once(
    request: Request,
    db: Db,
    caller: Caller,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=LONGEST_KEY,
            pattern=r"^[\x21-\x7e]+$",
            description="A name for this request, such as a UUID: sent again with it, the request "
            "is answered as it was the first time.",
        ),
    ] = None,
) -> OnceOnly:
    return OnceOnly(db, caller.user_id, idempotency_key, request)


Once = Annotated[OnceOnly, Depends(_once)]
"""Runs a creation once for each `Idempotency-Key`; see the module."""
