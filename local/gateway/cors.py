"""CORS as an HTTP API does it: preflights answered by itself, headers of its own on responses."""

from local.gateway.answers import REQUEST_ID
from local.gateway.exchange import Request, Response
from local.model import Cors

_PREFLIGHT = 204
_OURS = b"access-control-"


def preflight(cors: Cors, request: Request, request_id: str) -> Response | None:
    """The answer to a browser's question; None if this is none."""
    origin = request.header(b"origin")
    if request.method != "OPTIONS" or origin is None:
        return None
    if request.header(b"access-control-request-method") is None:
        return None
    headers = _allowed(cors, origin)
    if headers:
        if cors.methods:
            headers.append((b"access-control-allow-methods", _joined(cors.methods)))
        if cors.headers:
            headers.append((b"access-control-allow-headers", _joined(cors.headers)))
        if cors.max_age is not None:
            headers.append((b"access-control-max-age", b"%d" % cors.max_age))
    return Response(_PREFLIGHT, b"", (*headers, (REQUEST_ID, request_id.encode())))


def with_cors(cors: Cors, request: Request, response: Response) -> Response:
    """A response to a request with `Origin`: the function's own CORS headers are dropped."""
    origin = request.header(b"origin")
    if origin is None:
        return response
    kept = [field for field in response.headers if not field[0].startswith(_OURS)]
    ours = _allowed(cors, origin)
    if ours and cors.expose:
        ours.append((b"access-control-expose-headers", _joined(cors.expose)))
    return Response(response.status, response.body, (*kept, *ours))


def _allowed(cors: Cors, origin: str) -> list[tuple[bytes, bytes]]:
    if "*" in cors.origins:
        return [(b"access-control-allow-origin", b"*")]
    if not any(_fits(origin, allowed) for allowed in cors.origins):
        return []
    headers = [(b"access-control-allow-origin", origin.encode("latin-1"))]
    if cors.credentials:
        headers.append((b"access-control-allow-credentials", b"true"))
    return headers


def _fits(origin: str, allowed: str) -> bool:
    """`https://*` and `http://*` are all origins of the scheme."""
    if allowed.endswith("://*"):
        return origin.startswith(allowed[:-1])
    return origin == allowed


def _joined(values: tuple[str, ...]) -> bytes:
    return ",".join(values).encode("latin-1")
