"""Files that ship with the bundle, sent with their type, a validator and a time to keep them."""

import hashlib
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends, Header, Response

KEEP_SEC: Final = 3600
"""How long a browser may use a file unasked; after that its `ETag` saves sending it again."""
_KINDS: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
}
"""Said here: `mimetypes` would ask the machine, and machines differ."""


@lru_cache
def _read(path: Path) -> tuple[bytes, str]:
    """What is in the file, and its tag. A bundle does not change while a container lives."""
    content = path.read_bytes()
    # Weak, because the bytes that are sent may be compressed.
    return content, f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'


class Sender:
    """Answers one request with a file; 304 if the client has it (RFC 9110 §13.1.2)."""

    def __init__(self, if_none_match: Annotated[str, Header(include_in_schema=False)] = "") -> None:
        """Made by FastAPI for each request."""
        self._had = {tag.strip() for tag in if_none_match.split(",")}

    def send(self, path: Path, policy: str | None = None) -> Response:
        """The file; for a page, `policy` is its Content-Security-Policy.

        Raises:
            FileNotFoundError: the bundle lacks it.
        """
        content, tag = _read(path)
        headers = {"ETag": tag, "Cache-Control": f"public, max-age={KEEP_SEC}"}
        if policy is not None:
            headers["Content-Security-Policy"] = policy
        if self._had & {tag, "*"}:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(content, media_type=_KINDS[path.suffix], headers=headers)


Files = Annotated[Sender, Depends()]
"""What a route asks for that answers with a file."""
