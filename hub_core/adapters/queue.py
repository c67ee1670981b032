"""Sending to an SQS queue, without boto3: one signed request on a kept-alive connection.

What the queue holds is as safe as in a database: SQS has it in several places before it answers.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

import logging
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import orjson

from hub_core.adapters.aws import service_url
from hub_core.adapters.endpoint import Endpoint
from hub_core.adapters.http1 import BadResponse
from hub_core.adapters.keepalive import ConnectionPool
from hub_core.adapters.sigv4 import (
    CredentialsProvider,
    Signatory,
    Signer,
    environment_credentials,
    environment_region,
)
from hub_core.kernel.clock import Clock, utc_now
from hub_core.kernel.errors import Unavailable

logger = logging.getLogger(__name__)

ATTEMPTS: Final = 2
CONNECT_SEC: Final = 1.0
ANSWER_SEC: Final = 2.0
_SERVICE: Final = "sqs"


@dataclass(eq=False)
class Queue:
    """One queue. Make one per container: it belongs to one event loop."""

    url: str
    """As `!Ref` gives it: its name for SQS. Where SQS itself is, the environment says."""
    credentials: CredentialsProvider = environment_credentials
    clock: Clock = utc_now
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _endpoint: Endpoint = field(init=False, repr=False)
    _pool: ConnectionPool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._endpoint = Endpoint.parse(
            service_url(_SERVICE, environment_region(), self.environment)
        )
        self._pool = ConnectionPool(
            self._endpoint.host,
            self._endpoint.port,
            tls=ssl.create_default_context if self._endpoint.scheme == "https" else None,
            limit=1,
            connect_sec=CONNECT_SEC,
            answer_sec=ANSWER_SEC,
        )

    async def send(self, body: str) -> None:
        """Put a message into the queue; an answer that is lost may leave it there twice.

        Raises:
            Unavailable: SQS did not take it.
        """
        fault: Exception | None = None
        for _ in range(ATTEMPTS):
            now = self.clock()
            signatory = Signatory(self.credentials(), environment_region(), now)
            try:
                response = await self._pool.exchange(
                    self._request(body, signatory), now.timestamp()
                )
            except (OSError, BadResponse) as error:
                fault = error
                continue
            finally:
                await self._pool.settle()
            if response.status == HTTPStatus.OK:
                return
            logger.warning("SQS answered %d", response.status)
        raise Unavailable from fault

    async def aclose(self) -> None:
        """Close the connection, if there is one."""
        await self._pool.aclose()

    def _request(self, body: str, signatory: Signatory) -> bytes:
        payload = orjson.dumps({"QueueUrl": self.url, "MessageBody": body})
        signer = Signer(
            "POST",
            {
                "host": self._endpoint.authority,
                "content-type": "application/x-amz-json-1.0",
                "x-amz-target": "AmazonSQS.SendMessage",
            },
            payload,
            signatory,
            _SERVICE,
        )
        headers = signer.headers | {
            "content-length": str(len(payload)),
            "authorization": signer.authorization + signer.signature(b"/"),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST / HTTP/1.1\r\n{lines}\r\n".encode() + payload
