"""Ask a deployed stack whether it works: `python -m infra.smoke URL WS_URL [MANAGEMENT_URL]`.

What no test without an account can show: the doors are open, a function reaches both data stores,
and what it posts arrives (out over IPv6). Leaves nothing behind. With a management URL and AWS
credentials it also sees that a connection which is gone is told so.
"""

import argparse
import asyncio
import json
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from websockets.asyncio.client import connect

from hub_core.adapters.gateway import Delivery, ManagementApi
from hub_core.adapters.sigv4 import environment_region
from hub_core.kernel.ids import ConnectionId

PATIENCE_SEC: Final = 30
"""A database that slept takes half of that to wake."""
NOBODY: Final = ConnectionId("L0SM9cOFvHcCIhw=")
"""A connection id from AWS's documentation, long gone."""


class Unwell(Exception):
    """Something is not as it must be; the text says what."""


def main(arguments: list[str] | None = None) -> int:
    """The command; the answer is the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.smoke", description=__doc__)
    parser.add_argument("api", help="https://…")
    parser.add_argument("live", help="wss://…")
    parser.add_argument("management", nargs="?", help="https://…/live, to ask for a 410")
    options = parser.parse_args(arguments)
    try:
        for line in over_rest(options.api):
            sys.stdout.write(f"{line}\n")
        asyncio.run(_tell(options.live, options.management))
    except (Unwell, OSError, TimeoutError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _tell(live: str, management: str | None) -> None:
    async for line in over_the_socket(live):
        sys.stdout.write(f"{line}\n")
    if management:
        sys.stdout.write(f"{await to_nobody(management)}\n")


def over_rest(api: str) -> Iterator[str]:
    """Ask the routes that need no account, one line for each.

    Raises:
        Unwell: an answer is not the expected one.
    """
    for path, status, kind in (
        ("/health/live", 200, "application/json"),
        ("/health/ready", 200, "application/json"),
        ("/docs", 200, "text/html"),
        ("/swagger/json", 200, "application/json"),
        ("/asyncapi.json", 200, "application/json"),
        ("/v1/auth/me", 401, "application/problem+json"),
    ):
        got, content_type, body = _get(api.rstrip("/") + path)
        if got != status or not content_type.startswith(kind):
            raise Unwell(f"GET {path}: {got} {content_type}, not {status} {kind}: {body[:300]!r}")
        yield f"GET {path}: {got}"


def _get(url: str) -> tuple[int, str, bytes]:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise Unwell(f"{url} is no address of an API")
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SEC) as response:  # noqa: S310 (checked above)
            return response.status, response.headers["content-type"], response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["content-type"] or "", error.read()


async def over_the_socket(live: str) -> AsyncIterator[str]:
    """Connect and ping. The pong is posted by a function, as every frame is.

    Raises:
        Unwell: no pong comes, or something else.
    """
    async with connect(live, open_timeout=PATIENCE_SEC) as socket:
        yield "connected"
        for sent, expected in (
            ({"type": "ping", "requestId": "1"}, "pong"),
            ({"type": "room.leave", "requestId": "2"}, "error"),
        ):
            await socket.send(json.dumps(sent))
            async with asyncio.timeout(PATIENCE_SEC):
                answer: dict[str, Any] = json.loads(await socket.recv())
            if (answer["type"], answer["requestId"]) != (expected, sent["requestId"]):
                raise Unwell(f"{sent['type']}: {answer}")
            yield f"{sent['type']}: {answer['type']}"


async def to_nobody(management: str) -> str:
    """Post to a connection that is gone.

    Raises:
        Unwell: the gateway says anything but 410.
    """
    poster = ManagementApi(management, environment_region())
    delivery = await poster.post(NOBODY, b"{}")
    await poster.aclose()
    if delivery is not Delivery.GONE:
        raise Unwell(f"a post to nobody: {delivery.name}")
    return "a post to nobody: gone"


if __name__ == "__main__":
    sys.exit(main())
