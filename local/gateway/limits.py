"""API Gateway's quotas, as numbers that can be handed in and shortened."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True)
class Limits:
    """What API Gateway allows; the defaults are AWS's.

    Sources: the developer guide's pages "Quotas for configuring and running a WebSocket API" and
    "Quotas for HTTP API". Sizes are bytes.
    """

    frame: int = 32 * KIB
    """One WebSocket frame, either way; a larger one from a client closes with 1009."""
    message: int = 128 * KIB
    """One WebSocket message, and one `@connections` POST."""
    idle: timedelta = timedelta(minutes=10)
    """Without a message either way, a connection is closed with 1001."""
    connection: timedelta = timedelta(hours=2)
    """The longest life of a connection; closed with 1001."""
    socket_integration: timedelta = timedelta(seconds=29)
    http_integration: timedelta = timedelta(seconds=30)
    connects_per_second: int = 500
    """New WebSocket connections per second; also the burst."""
    requests_per_second: int = 10_000
    """HTTP requests and `@connections` calls of an account, together."""
    requests_at_once: int = 5_000
    """The burst of these."""
    send_buffer: int = MIB
    """Unsent bytes kept for a slow client before a POST to it is refused (AWS gives no figure)."""
    http_body: int = 10 * MIB
    lambda_payload: int = 6 * MIB
    """The event of a request, and the result of a function, as JSON."""
    http_head: int = 10_240
    """Request line and headers of an HTTP API's request."""
    socket_url: int = 4096
    signature_age: timedelta = timedelta(minutes=5)
    """How far the clock of a signed request may be off."""
    time_scale: float = 1.0
    """What `scaled` multiplied the long durations by."""

    def scaled(self, time_scale: float) -> "Limits":
        """Multiply how long connections last, so that two hours pass in a test.

        What functions have time for stays: they are no faster in a test.
        """
        return replace(
            self,
            idle=self.idle * time_scale,
            connection=self.connection * time_scale,
            time_scale=self.time_scale * time_scale,
        )

    def changed(self, limits: Mapping[str, Any]) -> "Limits":
        """With other values for some, as `read_limit` gives them."""
        return replace(self, **limits)

    def integration(self, own: timedelta) -> timedelta:
        """The time that a WebSocket route's function has: its `own` limit, at most the quota."""
        return min(own, self.socket_integration)


NAMES = tuple(each.name for each in fields(Limits) if each.name != "time_scale")
"""Every limit that can be another."""


def read_limit(text: str) -> tuple[str, int | timedelta]:
    """A limit as people set it: `frame=1024`, or with seconds `idle=2.5`.

    Raises:
        ValueError: There is no such limit, or the number is none; the text says so.
    """
    name, _, number = text.partition("=")
    if name not in NAMES:
        raise ValueError(f"there is no limit {name!r}; there are {', '.join(NAMES)}")
    value: int | timedelta
    try:
        if isinstance(getattr(Limits, name), timedelta):
            value = timedelta(seconds=float(number))
        else:
            value = int(number)
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is {number!r}, which is no number for it") from None
    if not value or (value < timedelta() if isinstance(value, timedelta) else value < 0):
        raise ValueError(f"{name} is {number!r}; it must be more than 0")
    return name, value
