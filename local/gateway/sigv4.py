"""AWS Signature Version 4 over the standard library: signing requests, and checking them."""

import hmac
import re
import time
from calendar import timegm
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from posixpath import normpath
from urllib.parse import quote, unquote

from local.gateway.exchange import Request

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "execute-api"

_AUTHORIZATION = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<key>[^/,\s]+)/(?P<date>\d{{8}})/(?P<region>[^/,\s]+)"
    r"/(?P<service>[^/,\s]+)/aws4_request\s*,\s*SignedHeaders=(?P<signed>[^,\s]+)\s*,"
    r"\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z")


@dataclass(frozen=True)
class Credentials:
    """A key pair that may call the management API."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    region: str = "us-east-1"


class SignatureRefusedError(Exception):
    """A request that AWS would answer with 403: `error` is its type, the text its message."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


class Verifier:
    """Checks who signed a request."""

    def __init__(
        self,
        accepted: Iterable[Credentials],
        max_age: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`max_age`: seconds by which a request's clock may be off, either way."""
        self._accepted: Mapping[str, Credentials] = {pair.access_key: pair for pair in accepted}
        self._max_age = max_age
        self._now = now

    def verify(self, request: Request) -> Credentials:
        """Who signed this request.

        Raises:
            SignatureRefusedError: Nobody whom we know, or not this request.
        """
        headers: dict[str, str] = {}
        for raw_name, raw_value in request.headers:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        authorization = headers.get("authorization")
        if authorization is None:
            raise SignatureRefusedError(
                "MissingAuthenticationTokenException", "Missing Authentication Token"
            )
        claim = _AUTHORIZATION.fullmatch(authorization.strip())
        if claim is None:
            raise SignatureRefusedError(
                "IncompleteSignatureException",
                "Authorization header is not a complete AWS4-HMAC-SHA256 signature.",
            )
        pair = self._known(claim["key"], headers)
        self._check_scope(claim, pair, headers)
        signed = claim["signed"].split(";")
        expected = signature(request, headers, signed, pair, headers["x-amz-date"])
        if "host" not in signed or not hmac.compare_digest(expected, claim["signature"]):
            raise SignatureRefusedError(
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. "
                "Check your AWS Secret Access Key and signing method. "
                "Consult the service documentation for details.",
            )
        return pair

    def _known(self, access_key: str, headers: Mapping[str, str]) -> Credentials:
        pair = self._accepted.get(access_key)
        token = headers.get("x-amz-security-token")
        if pair is None or (pair.session_token is not None and pair.session_token != token):
            raise SignatureRefusedError(
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            )
        return pair

    def _check_scope(
        self, claim: re.Match[str], pair: Credentials, headers: Mapping[str, str]
    ) -> None:
        if claim["region"] != pair.region or claim["service"] != SERVICE:
            raise SignatureRefusedError(
                "InvalidSignatureException",
                f"Credential should be scoped to region {pair.region} and service {SERVICE}.",
            )
        date = headers.get("x-amz-date", "")
        at = _seconds(date)
        if at is None or not date.startswith(claim["date"]):
            raise SignatureRefusedError(
                "IncompleteSignatureException", "X-Amz-Date is missing or is not the signed date."
            )
        if abs(self._now() - at) > self._max_age:
            raise SignatureRefusedError(
                "InvalidSignatureException", f"Signature expired: {date} is too far from now."
            )


def signature(
    request: Request,
    headers: Mapping[str, str],
    signed: Sequence[str],
    pair: Credentials,
    date: str,
) -> str:
    """The signature of a request, in hex.

    Args:
        request: Its method, path, query and body are signed.
        headers: All headers, names in lower case, repeated ones joined with commas.
        signed: The names of those to be signed, sorted.
        pair: Whose key.
        date: `X-Amz-Date`, such as `20261122T165933Z`.
    """
    canonical = "\n".join(
        (
            request.method,
            _canonical_path(request.raw_path),
            _canonical_query(request.query),
            *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in signed),
            "",
            ";".join(signed),
            sha256(request.body).hexdigest(),
        )
    )
    scope = f"{date[:8]}/{pair.region}/{SERVICE}/aws4_request"
    text = f"{ALGORITHM}\n{date}\n{scope}\n{sha256(canonical.encode('latin-1')).hexdigest()}"
    key = _signing_key(pair.secret_key, date[:8], pair.region)
    return hmac.digest(key, text.encode(), "sha256").hex()


def sign(request: Request, pair: Credentials, now: float) -> list[tuple[bytes, bytes]]:
    """The headers that sign a request (its own must include `host`)."""
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers}
    headers["x-amz-date"] = date
    signed = sorted(headers)
    digest = signature(request, headers, signed, pair, date)
    scope = f"{pair.access_key}/{date[:8]}/{pair.region}/{SERVICE}/aws4_request"
    authorization = (
        f"{ALGORITHM} Credential={scope}, SignedHeaders={';'.join(signed)}, Signature={digest}"
    )
    return [(b"x-amz-date", date.encode()), (b"authorization", authorization.encode("latin-1"))]


@lru_cache(maxsize=16)
def _signing_key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, SERVICE, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


@lru_cache(maxsize=1024)
def _canonical_path(raw_path: str) -> str:
    # Encoded once more: only S3 signs the path as it is on the wire.
    path = raw_path
    if "//" in path or "/." in path:
        path = normpath(path).replace("//", "/") + ("/" if path.endswith("/") else "")
    return quote(path or "/", safe="/~")


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = (part.partition("=") for part in query.split("&") if part)
    encoded = sorted((_reencode(name), _reencode(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _reencode(text: str) -> str:
    return quote(unquote(text), safe="~")


@lru_cache(maxsize=64)
def _seconds(date: str) -> int | None:
    found = _DATE.fullmatch(date)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    return timegm((year, month, day, hour, minute, second))
