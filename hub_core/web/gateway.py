"""API Gateway's HTTP event into ASGI and back: Mangum, where it does not quite do what AWS does."""

from typing import Any

from mangum.handlers import HTTPGateway
from mangum.types import Response, Scope

NO_CONTENT = 204


class GatewayEvent(HTTPGateway):
    """Payload format 2.0 (HTTP API).

    Mangum 0.22 decodes a path that API Gateway has decoded already, reads the port out of a `Host`
    header that the client wrote (and fails on `[::1]:4000`), encodes header values in another
    charset than Starlette decodes, and gives a 204 a content type.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """

    @property
    def scope(self) -> Scope:
        """The ASGI connection scope of this event; the event itself is in `aws.event`."""
        http = self.event["requestContext"]["http"]
        headers = {name.lower(): value for name, value in self.event.get("headers", {}).items()}
        if cookies := self.event.get("cookies"):
            headers["cookie"] = "; ".join(cookies)
        return {
            "type": "http",
            "method": http["method"],
            "http_version": "1.1",
            "headers": [[_bytes(name), _bytes(value)] for name, value in headers.items()],
            "path": self.event["rawPath"] or "/",
            "raw_path": None,
            "root_path": "",
            "scheme": "https",
            "query_string": _bytes(self.event.get("rawQueryString", "")),
            "server": (self.event["requestContext"]["domainName"], 443),
            "client": (http["sourceIp"], 0),
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "aws.event": self.event,
            "aws.context": self.context,
        }

    def __call__(self, response: Response) -> dict[str, Any]:
        """The function's result: status, headers, body (base64 if it is not text)."""
        result = super().__call__(response)
        if result["statusCode"] == NO_CONTENT:
            result["headers"].pop("content-type", None)
        return result


def _bytes(text: str) -> bytes:
    """As Starlette reads it back; what no HTTP message can carry becomes `?`."""
    return text.encode("latin-1", "replace")
