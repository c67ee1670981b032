"""Where APIs and queues of a template are on this machine, instead of `….amazonaws.com`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_API = re.compile(
    r"(?P<scheme>https|wss)://(?P<api>[A-Za-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com"
    r"(?P<stage>/[^/\s]+)?"
)
_SQS = re.compile(r"https://sqs\.[a-z0-9-]+\.amazonaws\.com")


@dataclass(frozen=True)
class Address:
    """Where one API is."""

    url: str
    """`http://localhost:4000`, without a stage."""
    socket_url: str = ""
    """`ws://localhost:4000/ws`, for a WebSocket API."""


@dataclass(frozen=True)
class Addresses:
    """Where everything is."""

    apis: Mapping[str, Address] = field(default_factory=dict)
    """By logical id."""
    aws_url: str = ""
    """Of AWS's other services."""

    def localised(self, value: str) -> str:
        """A variable's value with the URLs of the template's own APIs and queues led here.

        So `!Sub https://${Api}.execute-api.${AWS::Region}.amazonaws.com/stage` and `!Ref Queue`
        mean on this machine what they mean on AWS, and no template needs a variable for the
        emulator alone.
        """
        led = _API.sub(self._api, value)
        return _SQS.sub(self.aws_url, led) if self.aws_url else led

    def _api(self, match: re.Match[str]) -> str:
        address = self.apis.get(match["api"])
        if address is None:
            return match[0]
        if match["scheme"] == "wss":
            return address.socket_url
        return address.url + (match["stage"] or "")
