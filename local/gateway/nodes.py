"""Several gateways on one Redis as one: who the others are, and passing posts on to them.

A connection id begins with the tag of its node (four characters of its fifteen), and each node
keeps one key with its address, renewed every two seconds. So a connection needs no entry of its
own: opening one costs no round trip, nothing is left behind by a node that was killed, and its
connections are gone as soon as its key is.
"""

import asyncio
import logging
import os
import secrets
import time
from base64 import urlsafe_b64encode
from typing import cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

from local.gateway.exchange import Request, Response
from local.gateway.ids import new_id
from local.gateway.peer import Peer, PeerGoneError, PeerUnreachableError
from local.gateway.sigv4 import Credentials, sign

logger = logging.getLogger(__name__)

LEASE = 6.0
"""Seconds after its last sign of life that a node counts as dead."""
HEARTBEAT = 2.0
REMEMBERED = 1.0
"""Seconds for which a node's address is not asked for again."""

_TAG_BYTES = 3
_TAG_LENGTH = 4


class NodeUnreachableError(Exception):
    """A node lives, but did not answer; or Redis, which knows the nodes, did not."""


class Nodes:
    """This node and the others of one gateway."""

    def __init__(self, redis_url: str, gateway: str) -> None:
        """`gateway`: what the nodes of one gateway have in common, such as the API's id."""
        self._redis: Redis = Redis.from_url(
            redis_url, retry=Retry(ExponentialBackoff(cap=0.5), 3), decode_responses=True
        )
        self._prefix = f"gateway:{gateway}"
        self._tag = b""
        self._url = ""
        self._credentials: Credentials | None = None
        self._heart: asyncio.Task[None] | None = None
        self._known: dict[str, tuple[float, str | None]] = {}
        self._peers: dict[str, Peer] = {}

    @property
    def credentials(self) -> Credentials:
        """The key pair by which the nodes of this gateway know each other."""
        if self._credentials is None:
            raise RuntimeError("this node has not joined")
        return self._credentials

    def new_connection_id(self) -> str:
        """An id whose node every other node can tell."""
        return new_id(self._tag)

    async def join(self, url: str) -> None:
        """Take a tag, tell the others this node's address, and keep telling.

        Raises:
            RedisError: Redis does not answer.
        """
        self._url = url
        secret_key = f"{self._prefix}:secret"
        await self._redis.set(secret_key, secrets.token_urlsafe(32), nx=True)
        secret = cast("str", await self._redis.get(secret_key))
        self._credentials = Credentials("gateway-node", secret)
        while True:
            self._tag = os.urandom(_TAG_BYTES)
            if await self._redis.set(self._key(), url, nx=True, px=int(LEASE * 1000)):
                break
        self._heart = asyncio.get_running_loop().create_task(self._beat())

    async def leave(self) -> None:
        """Tell the others that this node is no more."""
        if self._heart is not None:
            self._heart.cancel()
            await asyncio.gather(self._heart, return_exceptions=True)
            try:
                await self._redis.delete(self._key())
            except RedisError as failed:
                # The key runs out by itself.
                logger.warning("this node could not sign off: %s", failed)
        for peer in self._peers.values():
            await peer.close()
        await self._redis.aclose()

    async def forward(self, request: Request, connection_id: str) -> Response | None:
        """Pass a management call on to the node that has the connection.

        Returns:
            Its answer; None if no living node has such connections.

        Raises:
            NodeUnreachableError: The node lives but does not answer, or Redis does not.
        """
        tag = connection_id[:_TAG_LENGTH]
        url = await self._address(tag)
        if url is None or url == self._url:
            return None
        peer = self._peers.setdefault(url, Peer(url))
        try:
            return await peer.send(self._signed(request, url))
        except PeerGoneError:
            # Its port is closed, so its process and with it its sockets are gone.
            self._known[tag] = (time.monotonic() + REMEMBERED, None)
            return None
        except PeerUnreachableError as failed:
            raise NodeUnreachableError(str(failed)) from failed

    def _signed(self, request: Request, url: str) -> Request:
        host = (b"host", url.partition("//")[2].encode())
        bare = Request(
            request.method, request.raw_path, request.query, [host], request.body, request.source_ip
        )
        signed = [host, *sign(bare, self.credentials, time.time())]
        return Request(
            request.method, request.raw_path, request.query, signed, request.body, request.source_ip
        )

    async def _address(self, tag: str) -> str | None:
        until, url = self._known.get(tag, (0.0, None))
        if time.monotonic() < until:
            return url
        try:
            url = cast("str | None", await self._redis.get(f"{self._prefix}:node:{tag}"))
        except RedisError as failed:
            raise NodeUnreachableError("Redis does not answer") from failed
        if len(self._known) > 1000:  # noqa: PLR2004 - ids of strangers must not fill the memory
            self._known.clear()
        self._known[tag] = (time.monotonic() + REMEMBERED, url)
        return url

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            try:
                await self._redis.set(self._key(), self._url, px=int(LEASE * 1000))
            except RedisError as failed:
                logger.warning("this node could not renew its lease: %s", failed)

    def _key(self) -> str:
        return f"{self._prefix}:node:{urlsafe_b64encode(self._tag).decode('ascii')}"
