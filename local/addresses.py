"""Where the APIs of a template are on this machine, instead of `execute-api…amazonaws.com`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_URL = re.compile(
    r"(?P<scheme>https|wss)://(?P<api>[A-Za-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com"
    r"(?P<stage>/[^/\s]+)?"
)


@dataclass(frozen=True)
class Address:
    """Where one API is."""

    url: str
    """`http://localhost:4000`, without a stage."""
    socket_url: str = ""
    """`ws://localhost:4000/ws`, for a WebSocket API."""


def localised(value: str, addresses: Mapping[str, Address]) -> str:
    """A variable's value with the URLs of the template's own APIs replaced by those here.

    So `!Sub https://${Api}.execute-api.${AWS::Region}.amazonaws.com/stage` leads to the API on this
    machine as it would on AWS, and no template needs a variable for the emulator alone.
    """

    def here(match: re.Match[str]) -> str:
        address = addresses.get(match["api"])
        if address is None:
            return match[0]
        return (
            address.socket_url if match["scheme"] == "wss" else address.url + (match["stage"] or "")
        )

    return _URL.sub(here, value)
