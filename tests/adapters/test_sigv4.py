"""Our signatures are AWS's: byte for byte what botocore makes."""

from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as TheirCredentials
from hypothesis import given
from hypothesis import strategies as st

from hub_core.adapters.endpoint import Endpoint, SignedRequests
from hub_core.adapters.sigv4 import (
    Credentials,
    EnvironmentIncomplete,
    Signatory,
    environment_credentials,
    environment_region,
)
from hub_core.kernel.ids import ConnectionId

KEYS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=16, max_size=20)
SECRETS = st.text(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", min_size=1, max_size=40
)
TOKENS = st.none() | st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
CREDENTIALS = st.builds(Credentials, KEYS, SECRETS, TOKENS)
MOMENTS = st.integers(1_500_000_000, 2_200_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))
REGIONS = st.sampled_from(["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1"])
STAGES = st.sampled_from(["", "/live", "/prod", "/a-b_c", "/live/"])
HOSTS = st.sampled_from(
    [
        "abc123.execute-api.us-east-1.amazonaws.com",
        "rtc.example.com",
        "127.0.0.1:4000",
        "[::1]:4000",
    ]
)
# API Gateway's are 15 characters of base64url and `=`; the signature must hold for any but the two
# that are no name in a path: what stands for this folder and the one above, botocore folds away.
IDS = (
    st.text(
        st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="\x7f"), min_size=1
    )
    .filter(lambda id_: id_ not in {".", ".."})
    .map(ConnectionId)
)


@given(
    method=st.sampled_from(["POST", "DELETE"]),
    host=HOSTS,
    stage=STAGES,
    scheme=st.sampled_from(["http", "https"]),
    connection_id=IDS,
    payload=st.binary(max_size=200),
    signatory=st.builds(Signatory, CREDENTIALS, REGIONS, MOMENTS),
)
def test_a_signed_request_is_the_one_that_botocore_signs(
    *,
    method: str,
    host: str,
    stage: str,
    scheme: str,
    connection_id: ConnectionId,
    payload: bytes,
    signatory: Signatory,
) -> None:
    endpoint = Endpoint.parse(f"{scheme}://{host}{stage}")

    request = SignedRequests(endpoint, method, payload, signatory).to(connection_id)  # type: ignore[arg-type]

    line, headers, body = _parsed(request)
    assert line == f"{method} {_target(endpoint, connection_id)} HTTP/1.1"
    assert headers["authorization"] == _botocore(
        method,
        f"{scheme}://{endpoint.authority}{_target(endpoint, connection_id)}",
        payload,
        signatory,
    )
    assert headers["host"] == endpoint.authority
    assert headers.get("x-amz-security-token") == signatory.credentials.session_token
    assert body == payload
    assert int(headers.get("content-length", "0")) == len(payload)


def _target(endpoint: Endpoint, connection_id: ConnectionId) -> str:
    return f"{endpoint.path}/@connections/{quote(connection_id, safe='')}"


def _parsed(request: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    return line, dict(one.split(": ", 1) for one in lines), body


def _botocore(method: str, url: str, payload: bytes, signatory: Signatory) -> str:
    """The `Authorization` header that botocore gives this request."""
    request = AWSRequest(method, url, data=payload)
    if payload:
        request.headers["content-type"] = "application/octet-stream"
    given_ = signatory.credentials
    credentials = TheirCredentials(
        given_.access_key_id, given_.secret_access_key, given_.session_token
    )
    with patch(
        "botocore.auth.get_current_datetime", return_value=signatory.at.replace(tzinfo=None)
    ):
        SigV4Auth(credentials, "execute-api", signatory.region).add_auth(request)
    authorization: str = request.headers["Authorization"]
    return authorization


def test_the_secrets_of_credentials_do_not_show() -> None:
    shown = repr(Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI", "FwoGZXIvYXdzE"))

    assert "AKIDEXAMPLE" in shown
    assert "wJalr" not in shown
    assert "FwoG" not in shown


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_missing_credentials_are_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv(name)

    with pytest.raises(EnvironmentIncomplete, match=name):
        environment_credentials()


def test_a_missing_region_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)

    with pytest.raises(EnvironmentIncomplete, match="AWS_REGION"):
        environment_region()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/live",
        "https:///live",
        "host/live",
        "https://me@host/live",
        "https://host/live?x=1",
        "https://host/live#x",
        "https://host:port/live",
    ],
)
def test_an_endpoint_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"endpoint|[Pp]ort"):
        Endpoint.parse(url)
