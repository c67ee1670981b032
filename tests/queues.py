"""An SQS for tests: moto as a process of its own, and queues that a test looks into."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from local.services.tether import tethered


def signed_for(service: str) -> str:
    """An `Authorization` by which moto knows which service is meant; it checks no signature."""
    scope = f"test/20000101/us-east-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"


class TestQueue:
    """One queue, fresh for one test."""

    __test__ = False

    def __init__(self, aws_url: str, name: str) -> None:
        self._aws_url = aws_url
        self.url: str = self._call("CreateQueue", QueueName=name)["QueueUrl"]
        """As `!Ref` of a template would give it."""

    def messages(self) -> list[Any]:
        """The bodies of all that is in it, parsed; they are taken out."""
        taken = []
        while came := self._call(
            "ReceiveMessage", QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=0
        ).get("Messages"):
            taken += [json.loads(message["Body"]) for message in came]
        return taken

    def next(self, wait_sec: int = 10) -> str | None:
        """The body of the next message, which is taken out; None if none comes for so long."""
        deadline = time.monotonic() + wait_sec
        while time.monotonic() < deadline:
            came = self._call(
                "ReceiveMessage", QueueUrl=self.url, MaxNumberOfMessages=1, WaitTimeSeconds=1
            ).get("Messages")
            for message in came or ():
                handle = message["ReceiptHandle"]
                self._call("DeleteMessage", QueueUrl=self.url, ReceiptHandle=handle)
                return str(message["Body"])
        return None

    def _call(self, operation: str, **arguments: Any) -> Any:
        answer = httpx.post(
            self._aws_url,
            content=json.dumps(arguments),
            headers={
                "content-type": "application/x-amz-json-1.0",
                "x-amz-target": f"AmazonSQS.{operation}",
                "authorization": signed_for("sqs"),
            },
            timeout=30,
        )
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json() if answer.content else {}


@contextmanager
def running_moto() -> Iterator[str]:
    """A moto server on a free port, listening; its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(
        tethered(command, signal.SIGTERM),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        said = []
        for line in process.stdout:
            said.append(line)
            if "Running on" in line:
                break
        else:
            raise AssertionError("".join(said))
        threading.Thread(target=process.stdout.read, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
