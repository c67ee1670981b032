"""What API Gateway itself answers, byte for byte: error bodies and error frames."""

from local.gateway.exchange import Response

JSON = (b"content-type", b"application/json")
REQUEST_ID = b"apigw-requestid"


def refusal(status: int, message: str, request_id: str) -> Response:
    """An HTTP API's own error, such as 404 `{"message":"Not Found"}`."""
    return Response(
        status,
        f'{{"message":"{message}"}}'.encode(),
        (JSON, (REQUEST_ID, request_id.encode())),
    )


def not_found(request_id: str) -> Response:
    """No route matches; a wrong method too."""
    return refusal(404, "Not Found", request_id)


def unauthorized(request_id: str, challenge: str | None = None) -> Response:
    """An authorizer finds no identity, or none that holds; `challenge`: `www-authenticate`."""
    response = refusal(401, "Unauthorized", request_id)
    if challenge is None:
        return response
    header = (b"www-authenticate", challenge.encode("latin-1", "replace"))
    return Response(response.status, response.body, (*response.headers, header))


def forbidden(request_id: str) -> Response:
    """An authorizer says no."""
    return refusal(403, "Forbidden", request_id)


def too_many_requests(request_id: str) -> Response:
    """A route, or the account, is called more often than allowed."""
    return refusal(429, "Too Many Requests", request_id)


def internal_server_error(request_id: str) -> Response:
    """The function failed, or returned what cannot be a response."""
    return refusal(500, "Internal Server Error", request_id)


def service_unavailable(request_id: str) -> Response:
    """The function took more than 30 s, or its concurrency is used up."""
    return refusal(503, "Service Unavailable", request_id)


def too_large(request_id: str) -> Response:
    """The request is more than the API, or Lambda, takes."""
    return refusal(413, "Request Entity Too Large", request_id)


def head_too_large(request_id: str) -> Response:
    """Request line and headers are together more than 10,240 bytes."""
    return refusal(431, "Request Header Fields Too Large", request_id)


FORBIDDEN = "Forbidden"
INTERNAL = "Internal server error"
TIMED_OUT = "Endpoint request timed out"


def error_frame(message: str, connection_id: str, request_id: str) -> bytes:
    """The text frame that a WebSocket API sends of itself; the spaces are AWS's."""
    return (
        f'{{"message": "{message}", "connectionId":"{connection_id}", "requestId":"{request_id}"}}'
    ).encode()
