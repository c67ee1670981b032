"""The rate limits as a page to read: `python -m infra.limits docs/limits.md`."""

import sys
from pathlib import Path
from typing import Final

from hub_core.kernel.limits import POLICIES, Per, Policy

HEAD: Final = """\
# How often

Every limit of Hub API, written by `make docs` from the one table in `hub_core/kernel/limits.py`.
The whole quota may come at once and grows back evenly (GCRA). REST answers carry `RateLimit-Policy`
and `RateLimit` with the names below (draft-ietf-httpapi-ratelimit-headers), a refusal is
`request/rate-limited` with `Retry-After`; over the socket it is an `error` frame with
`retryAfterMs`, and the connection stays. `RATE_LIMIT_SCALE` multiplies them all, for load tests;
production refuses anything but 1.

A limit that counts only what failed is for guesses: what succeeds is given back. Where Redis cannot
be asked, limits marked with a lock refuse (`server/unavailable`), the others let pass.

| name | quota | in | shared by | what is counted |
|---|---|---|---|---|
"""

SHARED: Final = {
    Per.NETWORK: "an IPv4 address, or an IPv6 /64",
    Per.CALLER: "an account or guest; strangers: their network",
    Per.CALLER_AND_PATH: "an account or guest, for each path",
    Per.PATH: "all at one path",
    Per.EVERYBODY: "everybody",
    Per.GIVEN: "as it says",
}
_UNITS: Final = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def page() -> str:
    """The page."""
    return HEAD + "".join(map(_row, POLICIES))


def _row(policy: Policy) -> str:
    lock = " 🔒" if policy.refuses_uncounted else ""
    shared, window = SHARED[policy.per], _window(policy.window_sec)
    return f"| `{policy.name}`{lock} | {policy.quota} | {window} | {shared} | {policy.what} |\n"


def _window(seconds: int) -> str:
    """`15 minutes`, `day`."""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    count = seconds // size
    return unit if count == 1 else f"{count} {unit}s"


def main(path: str) -> None:
    """The command."""
    Path(path).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
