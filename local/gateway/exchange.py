"""One HTTP request and its response, as values."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request with its whole body."""

    method: str
    raw_path: str
    """As on the wire: percent-encoded, without the query."""
    query: str
    """As on the wire, without the `?`."""
    headers: Sequence[tuple[bytes, bytes]]
    """Names in lower case, in the order of arrival."""
    body: bytes
    source_ip: str
    http_version: str = "1.1"

    def header(self, name: bytes) -> str | None:
        """The first value of a header, `name` in lower case."""
        for key, value in self.headers:
            if key == name:
                return value.decode("latin-1")
        return None


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response; `content-length` is added when it is sent."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
