"""`PasswordGuesses`: how many passwords may be tried on one account, without locking its owner out.

Wrong guesses count for the account together with the network that they come from, and all networks
share what an account allows to strangers. A device that has signed in to the account before is no
stranger: it is known by a cookie (OWASP, "Slow Down Online Guessing Attacks with Device Cookies")
and has an allowance of its own, so that a siege from outside costs the owner nothing. Nothing here
depends on whether the account exists.
"""

import hmac
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request, Response

from hub_core.accounts.email import EmailAddress
from hub_core.adapters.limiter import Charge
from hub_core.adapters.settings import settings
from hub_core.kernel.limits import GUESSES_HERE, GUESSES_OF_STRANGERS
from hub_core.web.limits import Limits, network_of

COOKIE: Final = "__Host-hub_device_"
"""Followed by eight letters for the account: several people may share a browser."""
REMEMBERED_SEC: Final = 400 * 24 * 3600
"""As long as browsers keep a cookie at all."""
_DEVICE_BYTES: Final = 16


@dataclass(frozen=True)
class Guesses:
    """The password guesses of one request."""

    limits: Limits
    request: Request
    response: Response

    @asynccontextmanager
    async def at(self, address: EmailAddress) -> AsyncIterator[None]:
        """Try a password inside; the device is known to the account when that went well.

        Raises:
            RateLimited: too many were wrong.
            Unavailable: Redis is down, and nothing can be counted.
        """
        account = address.canonical
        device = self._known_device(account)
        if device:
            charges = [Charge(GUESSES_HERE, f"{account} device {device}")]
        else:
            here = f"{account} network {network_of(self.request)}"
            charges = [Charge(GUESSES_HERE, here), Charge(GUESSES_OF_STRANGERS, account)]
        async with self.limits.counting(*charges):
            yield
        if not device:
            self.know_device(address)

    def know_device(self, address: EmailAddress) -> None:
        """Give this device the cookie by which the account will know it."""
        device = secrets.token_hex(_DEVICE_BYTES)
        self.response.set_cookie(
            _name(address.canonical),
            f"{device}.{_mac(address.canonical, device)}",
            max_age=REMEMBERED_SEC,
            path="/",
            secure=True,
            httponly=True,
            samesite="strict",
        )

    def _known_device(self, account: str) -> str | None:
        device, _, mac = self.request.cookies.get(_name(account), "").partition(".")
        known = any(
            hmac.compare_digest(_mac(account, device, index).encode(), mac.encode())
            for index in range(len(settings().jwt_refresh_secret))
        )
        return device if known else None


def _name(account: str) -> str:
    # The oldest key: a new one at the head of the ring must not make a device unknown.
    return COOKIE + _hmac(f"device-name:{account}", -1)[:8]


def _mac(account: str, device: str, index: int = 0) -> str:
    return _hmac(f"device:{device}:{account}", index)


def _hmac(message: str, index: int) -> str:
    key = settings().jwt_refresh_secret[index].secret.get_secret_value()
    return hmac.digest(key, message.encode(), "sha256").hex()


async def _guesses(limits: Limits, request: Request, response: Response) -> Guesses:
    return Guesses(limits, request, response)


PasswordGuesses = Annotated[Guesses, Depends(_guesses)]
"""Counts wrong passwords by account, network and device."""
