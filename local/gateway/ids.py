"""Ids and dates in the shapes that API Gateway gives them."""

import os
import re
import time
from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import blake2s

WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{15}=")
"""A connection or request id: 15 characters of base64url and `=`."""

ACCOUNT_ID = "123456789012"

_ID_BYTES = 11
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def new_id(prefix: bytes = b"") -> str:
    """A connection, message or request id (`PJqB0fHsqRcCHlw=`); `prefix` gives its first bytes."""
    return urlsafe_b64encode(prefix + os.urandom(_ID_BYTES - len(prefix))).decode("ascii")


def new_trace_id(now: float) -> str:
    """The value of `X-Amzn-Trace-Id` (`Root=1-65d2ff2e-718990494fd688f062bf1571`)."""
    return f"Root=1-{int(now):08x}-{os.urandom(12).hex()}"


def api_id(name: str) -> str:
    """The id of an API, ten characters, the same at every start."""
    return blake2s(name.encode(), digest_size=5).hexdigest()


def request_time(now: float) -> str:
    """A moment as in `requestContext.requestTime` (`29/Nov/2023:08:04:01 +0000`)."""
    return _request_time(int(now))


@lru_cache(maxsize=8)
def _request_time(second: int) -> str:
    # Not `strftime("%b")`, whose months follow the machine's locale.
    t = time.gmtime(second)
    return (
        f"{t.tm_mday:02d}/{_MONTHS[t.tm_mon - 1]}/{t.tm_year:04d}"
        f":{t.tm_hour:02d}:{t.tm_min:02d}:{t.tm_sec:02d} +0000"
    )
