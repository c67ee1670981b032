"""Requests to SQS."""

from datetime import UTC, datetime
from unittest.mock import patch

import orjson
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as TheirCredentials

from hub_core.adapters.queue import Queue
from hub_core.adapters.sigv4 import Credentials, Signatory
from hub_core.kernel.errors import Unavailable
from tests.adapters.listener import listening, response

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/mails"


@pytest.mark.parametrize("session_token", [None, "FwoGZXIvYXdzE"])
def test_a_request_is_signed_as_botocore_signs_it(
    monkeypatch: pytest.MonkeyPatch, session_token: str | None
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI", session_token)
    queue = Queue(URL, environment={})

    sent = queue._request('{"to": "b\u00fccher"}', Signatory(credentials, "eu-west-1", NOON))

    head, _, body = sent.partition(b"\r\n\r\n")
    line, *lines = head.decode("ascii").split("\r\n")
    headers = dict(one.split(": ", 1) for one in lines)
    assert line == "POST / HTTP/1.1"
    assert headers["host"] == "sqs.eu-west-1.amazonaws.com"
    assert int(headers["content-length"]) == len(body)
    assert orjson.loads(body) == {"QueueUrl": URL, "MessageBody": '{"to": "b\u00fccher"}'}
    theirs = AWSRequest("POST", "https://sqs.eu-west-1.amazonaws.com/", data=body)
    for name in ("content-type", "x-amz-target"):
        theirs.headers[name] = headers[name]
    given = TheirCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI", session_token)
    with patch("botocore.auth.get_current_datetime", return_value=NOON.replace(tzinfo=None)):
        SigV4Auth(given, "sqs", "eu-west-1").add_auth(theirs)
    assert headers["authorization"] == theirs.headers["Authorization"]


async def test_what_sqs_refuses_is_told_to_who_runs_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    async with listening(lambda _: response(403)) as sqs:
        queue = Queue(
            URL,
            credentials=lambda: Credentials("id", "secret"),
            environment={"AWS_ENDPOINT_URL_SQS": sqs.url},
        )

        with pytest.raises(Unavailable):
            await queue.send("a mail")

        await queue.aclose()
    assert [record.getMessage() for record in caplog.records] == ["SQS answered 403"] * 2
