"""The few calls of SQS that pollers need, in its JSON protocol."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson

from local.gateway.exchange import Request
from local.gateway.peer import Peer, PeerGoneError, PeerUnreachableError
from local.model import ACCOUNT_ID, Queue
from local.services.errors import ServiceError

_OK = 200


class SqsError(Exception):
    """SQS refused a call; the text is what it said."""


class Sqs:
    """SQS behind an endpoint on this machine, which checks no signature."""

    def __init__(self, url: str, region: str) -> None:
        self._url = url.rstrip("/")
        self._peer = Peer(self._url)
        self._host = urlsplit(url).netloc.encode()
        scope = f"local/20000101/{region}/sqs/aws4_request"
        self._authorization = (
            f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none".encode()
        )

    def queue_url(self, name: str) -> str:
        """Where a queue is."""
        return f"{self._url}/{ACCOUNT_ID}/{name}"

    async def create(self, name: str, attributes: Mapping[str, str]) -> None:
        """Make a queue, unless there is one like it."""
        await self.call("CreateQueue", QueueName=name, Attributes=attributes)

    async def receive(self, name: str, count: int, wait: int) -> list[dict[str, Any]]:
        """At most `count` messages (up to 10), as soon as there are any within `wait` seconds."""
        answer = await self.call(
            "ReceiveMessage",
            QueueUrl=self.queue_url(name),
            MaxNumberOfMessages=count,
            WaitTimeSeconds=wait,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages: list[dict[str, Any]] = answer.get("Messages") or []
        return messages

    async def delete(self, name: str, handles: list[str]) -> None:
        """Delete messages by their receipt handles."""
        for start in range(0, len(handles), 10):
            entries = [
                {"Id": str(at), "ReceiptHandle": handle}
                for at, handle in enumerate(handles[start : start + 10])
            ]
            await self.call("DeleteMessageBatch", QueueUrl=self.queue_url(name), Entries=entries)

    async def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Any call by its name.

        Raises:
            SqsError: It was refused.
            PeerUnreachableError: No answer.
            PeerGoneError: Nobody listens.
        """
        headers = [
            (b"host", self._host),
            (b"authorization", self._authorization),
            (b"content-type", b"application/x-amz-json-1.0"),
            (b"x-amz-target", f"AmazonSQS.{operation}".encode()),
        ]
        request = Request("POST", "/", "", headers, orjson.dumps(arguments), "127.0.0.1")
        response = await self._peer.send(request)
        if response.status != _OK:
            raise SqsError(response.body.decode(errors="replace"))
        answer: dict[str, Any] = orjson.loads(response.body) if response.body else {}
        return answer

    async def close(self) -> None:
        """Hang up."""
        await self._peer.close()


async def make_queues(url: str, region: str, queues: Sequence[Queue]) -> None:
    """Make a template's queues in an SQS that somebody else runs, unless they are there.

    Raises:
        ServiceError: It does not answer, or refuses one.
    """
    sqs = Sqs(url, region)
    try:
        for queue in queues:
            await sqs.create(queue.name, queue.attributes)
    except (PeerGoneError, PeerUnreachableError) as error:
        raise ServiceError(f"AWS_ENDPOINT_URL cannot be reached: {error}.") from error
    except SqsError as error:
        raise ServiceError(f"The queue {queue.name} is refused: {error}") from error
    finally:
        await sqs.close()
