"""The inspector's page and the JSON behind it, on the control port."""

from pathlib import Path
from urllib.parse import parse_qs

from local.control.app import ControlApp, answered, refusal
from local.gateway.exchange import Request, Response
from local.inspect.recorder import Recorder

_PAGE = Path(__file__).with_name("page.html")
# Everything is in the one file: nothing may come from anywhere else.
_POLICY = (
    b"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    b"connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
)
_HTML = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", _POLICY),
)
_LONG_POLL = 20.0
"""Seconds."""


class Pages:
    """What `--inspect` adds to the control port."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def add_to(self, app: ControlApp) -> None:
        """Serve the page at `/`."""
        app.route("GET", "/", self._page)
        app.route("GET", "/inspect/entries", self._entries)
        app.route("GET", "/inspect/calls/([^/]+)", self._call)

    async def _page(self, _request: Request, _: str) -> Response:
        return Response(200, _PAGE.read_bytes(), _HTML)

    async def _entries(self, request: Request, _: str) -> Response:
        after = parse_qs(request.query).get("after", ["0"])[0]
        if not after.isascii() or not after.isdigit():
            return refusal(400, "after is no number")
        return answered(await self._recorder.since(int(after), _LONG_POLL))

    async def _call(self, _request: Request, name: str) -> Response:
        function, _, request_id = name.partition(":")
        call = self._recorder.call(function, request_id)
        return answered(call) if call else refusal(404, f"{name} is not kept")
