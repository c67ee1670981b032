"""AWS Signature Version 4, over the standard library alone.

The algorithm is AWS's ("Create a signed AWS API request" in the IAM User Guide); a test holds it
byte for byte against botocore's. What is the same for all recipients of a frame is worked in once,
so that one more recipient costs one hash and one HMAC.
"""

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote

ALGORITHM: Final = "AWS4-HMAC-SHA256"
SERVICE: Final = "execute-api"
"""API Gateway, its management API included."""


class EnvironmentIncomplete(Exception):
    """A variable that Lambda always sets is missing; the text names it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What AWS knows the caller by; `session_token` comes with those of a role."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs, for which region, and when."""

    credentials: Credentials
    region: str
    at: datetime
    """In UTC. AWS takes a signature for five minutes."""


CredentialsProvider = Callable[[], Credentials]
"""Asked anew for every post or broadcast, so that renewed credentials take effect at once."""


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise EnvironmentIncomplete(f"{name} is not set: posting to connections needs it.")
    return value


def environment_credentials() -> Credentials:
    """The credentials of the function's role, where Lambda puts them.

    Raises:
        EnvironmentIncomplete: there are none.
    """
    return Credentials(
        _variable("AWS_ACCESS_KEY_ID"),
        _variable("AWS_SECRET_ACCESS_KEY"),
        os.environ.get("AWS_SESSION_TOKEN") or None,
    )


def environment_region() -> str:
    """The region that the function runs in, as Lambda names it.

    Raises:
        EnvironmentIncomplete: it does not.
    """
    return _variable("AWS_REGION")


def canonical_path(path: str) -> str:
    """The path of a request line as it is signed: escaped once more (`%40` becomes `%2540`)."""
    return quote(path, safe="/~")


@lru_cache(maxsize=4)
def signing_key(secret_access_key: str, date: str, region: str, service: str) -> bytes:
    """The key of one day (`YYYYMMDD`, UTC), region and service: four HMACs, done once."""
    key = b"AWS4" + secret_access_key.encode()
    for step in (date, region, service, "aws4_request"):
        key = hmac.digest(key, step.encode(), "sha256")
    return key


class Signer:
    """Signs requests that differ in their path alone."""

    def __init__(
        self,
        method: str,
        headers: dict[str, str],
        payload: bytes,
        signatory: Signatory,
        service: str = SERVICE,
    ) -> None:
        """`headers` are all signed: lower-case names, `host` among them."""
        credentials, region = signatory.credentials, signatory.region
        timestamp = signatory.at.strftime("%Y%m%dT%H%M%SZ")
        date = timestamp[:8]
        scope = f"{date}/{region}/{service}/aws4_request"
        self.headers: Final = {**headers, "x-amz-date": timestamp}
        """Those handed in and those that signing adds, but for `authorization`."""
        if credentials.session_token:
            self.headers["x-amz-security-token"] = credentials.session_token
        lines = "".join(f"{name}:{self.headers[name]}\n" for name in sorted(self.headers))
        names = ";".join(sorted(self.headers))
        digest = hashlib.sha256(payload).hexdigest()
        self.authorization: Final = (
            f"{ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
            f"SignedHeaders={names}, Signature="
        )
        """The `authorization` header; `signature(…)` completes it."""
        self._before_path = f"{method}\n".encode()
        self._after_path = f"\n\n{lines}\n{names}\n{digest}".encode()
        # A keyed HMAC is copied for each path: half the price of keying it again.
        self._hmac = hmac.new(
            signing_key(credentials.secret_access_key, date, region, service),
            f"{ALGORITHM}\n{timestamp}\n{scope}\n".encode(),
            "sha256",
        )

    def signature(self, canonical: bytes) -> str:
        """Sign the request for one `canonical_path`, without a query string."""
        request = hashlib.sha256(self._before_path + canonical + self._after_path)
        signature = self._hmac.copy()
        signature.update(request.hexdigest().encode())
        return signature.hexdigest()
