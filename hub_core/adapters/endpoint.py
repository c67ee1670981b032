"""Where API Gateway's management API is, and the bytes of a request to it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, Self
from urllib.parse import quote, urlsplit

from hub_core.adapters.sigv4 import Signatory, Signer, canonical_path
from hub_core.kernel.ids import ConnectionId

Method = Literal["POST", "DELETE"]

_CONTENT_TYPE: Final = "application/octet-stream"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_REMEMBERED_IDS: Final = 4096


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A stage of a WebSocket API: `https://{api}.execute-api.{region}.amazonaws.com/{stage}`."""

    scheme: str
    host: str
    port: int
    path: str
    """Of the stage, escaped, without a slash at its end; empty under a custom domain."""

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `http[s]://host[:port][/stage]`.

        Raises:
            ValueError: it is something else.
        """
        parts = urlsplit(url)
        if (
            parts.scheme not in _DEFAULT_PORTS
            or not parts.hostname
            or parts.username is not None
            or parts.query
            or parts.fragment
        ):
            raise ValueError("A management API endpoint looks like https://host/stage.")
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
        return cls(parts.scheme, parts.hostname, port, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        """The `Host` header: with a port only if it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


class SignedRequests:
    """Requests that send one payload to any number of connections, now."""

    def __init__(
        self, endpoint: Endpoint, method: Method, payload: bytes, signatory: Signatory
    ) -> None:
        headers = {"host": endpoint.authority}
        if payload:
            headers["content-type"] = _CONTENT_TYPE
        self._signer = Signer(method, headers, payload, signatory)
        path = f"{endpoint.path}/@connections/"
        lines = "".join(f"{name}: {value}\r\n" for name, value in self._signer.headers.items())
        if payload:
            lines += f"content-length: {len(payload)}\r\n"
        self._canonical_path = canonical_path(path).encode()
        self._before_id = f"{method} {path}".encode()
        self._after_id = f" HTTP/1.1\r\n{lines}authorization: {self._signer.authorization}".encode()
        self._after_signature = b"\r\n\r\n" + payload

    def to(self, connection_id: ConnectionId) -> bytes:
        """Compose the request for one connection."""
        escaped, canonical = _escaped(connection_id)
        signature = self._signer.signature(self._canonical_path + canonical)
        return b"".join(
            (
                self._before_id,
                escaped,
                self._after_id,
                signature.encode(),
                self._after_signature,
            )
        )


@lru_cache(maxsize=_REMEMBERED_IDS)
def _escaped(connection_id: ConnectionId) -> tuple[bytes, bytes]:
    """A connection id as it is sent and as it is signed. A room's ids come again and again."""
    escaped = quote(connection_id, safe="")
    return escaped.encode(), canonical_path(escaped).encode()
