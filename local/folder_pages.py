"""Static pages beside an API: `Metadata.Local.Pages` of a template names their folder."""

import hashlib
import re
from pathlib import Path

from local.gateway.exchange import Request, Response

_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
}
_FILE = re.compile(r"(/[a-z0-9-]+)+\.[a-z]+")
"""Neither `..` nor `node_modules` nor anything hidden is spelled like this."""
_PLACE = re.compile(r"/[A-Za-z0-9-]*")
"""What the page itself makes sense of, such as a meeting's code."""
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; "
    b"media-src 'self' blob:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; "
    b"frame-ancestors 'none'"
)
_HEADERS = (
    (b"cache-control", b"no-cache"),
    (b"content-security-policy", _POLICY),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(self), display-capture=(self)"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


class FolderPages:
    """The files of one folder, read anew for each request: whoever edits one reloads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def answer(self, request: Request) -> Response | None:
        """The file that is asked for, `index.html` for `/` and `/any-place`; else None."""
        if request.method not in ("GET", "HEAD"):
            return None
        path = request.raw_path
        if _PLACE.fullmatch(path):
            return self._file(self._folder / "index.html", request)
        if _FILE.fullmatch(path):
            return self._file(self._folder / path[1:], request)
        return None

    def _file(self, file: Path, request: Request) -> Response | None:
        kind = _TYPES.get(file.suffix)
        if kind is None or not file.is_file():
            return None
        content = file.read_bytes()
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = ((b"content-type", kind), (b"etag", etag.encode()), *_HEADERS)
        if request.header(b"if-none-match") == etag:
            return Response(304, headers=headers[1:])
        return Response(200, b"" if request.method == "HEAD" else content, headers)
