"""Which pages of other origins may call (Fetch standard, CORS): those of `CORS_ORIGIN`, exactly.

The functions say so themselves, and one more answers preflights; see
docs/decisions/0013-cors-in-the-functions.md.
"""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub_core.adapters.settings import settings

MAX_AGE_SEC: Final = 7200
"""As long as Chromium remembers an answer at most."""
METHODS: Final = ("GET", "POST", "PATCH", "DELETE")
REQUEST_HEADERS: Final = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "X-Hub-Refresh",
)
RESPONSE_HEADERS: Final = (
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
)
"""What scripts may read beyond the few that they always may."""


def is_allowed(origin: str) -> bool:
    """Compared letter by letter: browsers write origins in one way only."""
    return origin in settings().cors_origin


class Cors:
    """ASGI middleware: an answer may be read by pages of the allowed origins."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        origin = Headers(scope=scope).get("Origin")

        async def adorned(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.add_vary_header("Origin")
                if origin is not None and is_allowed(origin):
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Allow-Credentials"] = "true"
                    headers["Access-Control-Expose-Headers"] = ", ".join(RESPONSE_HEADERS)
            await send(message)

        await self._app(scope, receive, adorned)


def preflight_headers(origin: str | None, method: str | None) -> dict[str, str]:
    """What a browser is told that asks whether it may; nothing, if the page may not."""
    if origin is None or method not in METHODS or not is_allowed(origin):
        return {}
    return {
        "Access-Control-Allow-Methods": ", ".join(METHODS),
        "Access-Control-Allow-Headers": ", ".join(REQUEST_HEADERS),
        "Access-Control-Max-Age": str(MAX_AGE_SEC),
    }
