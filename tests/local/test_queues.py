"""Lambda: queues as event sources."""

import json
import time
from typing import Any

import httpx
import pytest

from local.queues.event import done_of, queue_event
from tests.emulator import Emulator

A_MESSAGE = {
    "MessageId": "m1",
    "ReceiptHandle": "r1",
    "MD5OfBody": "d41d8",
    "Body": "hello",
    "Attributes": {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": "1545082649183",
        "SenderId": "AIDAIENQZJOLO23YVJ4VO",
        "ApproximateFirstReceiveTimestamp": "1545082649185",
    },
    "MessageAttributes": {"kind": {"DataType": "String", "StringValue": "greeting"}},
}


def test_the_event_is_that_of_aws() -> None:
    event = queue_event([A_MESSAGE], "Work", "us-east-2")

    assert event == {
        "Records": [
            {
                "messageId": "m1",
                "receiptHandle": "r1",
                "body": "hello",
                "attributes": A_MESSAGE["Attributes"],
                "messageAttributes": {
                    "kind": {
                        "stringValue": "greeting",
                        "stringListValues": [],
                        "binaryListValues": [],
                        "dataType": "String",
                    }
                },
                "md5OfBody": "d41d8",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:Work",
                "awsRegion": "us-east-2",
            }
        ]
    }


@pytest.mark.parametrize(
    ("answer", "done"),
    [
        (None, ["1", "2", "3"]),
        ({}, ["1", "2", "3"]),
        ({"batchItemFailures": None}, ["1", "2", "3"]),
        ({"batchItemFailures": []}, ["1", "2", "3"]),
        ({"batchItemFailures": [{"itemIdentifier": "2"}]}, ["1", "3"]),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, []),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, []),
        ({"batchItemFailures": [{"itemIdentifier": "4"}]}, []),
        ({"batchItemFailures": [{"other": "2"}]}, []),
        ({"batchItemFailures": ["2"]}, []),
        ("text", []),
    ],
)
def test_an_answer_says_which_messages_are_done(answer: object, done: list[str]) -> None:
    messages = [{**A_MESSAGE, "MessageId": each} for each in "123"]

    left = done_of(messages, json.dumps(answer).encode())

    assert [message["MessageId"] for message in left] == done


def test_messages_come_in_batches_and_what_fails_twice_goes_to_the_dead_letters(
    example: Emulator,
) -> None:
    lines = ["good 1", "bad 1", "good 2", "bad 2"]

    sent = httpx.post(f"{example.url}/send", content="\n".join(lines), timeout=20)
    told: dict[str, Any] = {"dead": []}
    while len(told["dead"]) < 2:
        time.sleep(0.2)
        told = httpx.get(f"{example.url}/queues", timeout=20).json()

    assert sent.status_code == 202
    assert sorted(told["dead"]) == ["bad 1", "bad 2"]
    assert max(len(batch["Records"]) for batch in told["batches"]) > 1
    bodies = [record["body"] for batch in told["batches"] for record in batch["Records"]]
    assert set(bodies) == set(lines)
    assert example.line("messages will come again")
