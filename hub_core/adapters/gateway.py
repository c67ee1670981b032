"""Posting to connections through API Gateway's management API (`@connections`).

Every push of the product goes through here, so its price is paid once per recipient: one signature,
one write, one read. Why it is our own: docs/decisions/0004-own-poster.md.
"""

import asyncio
import contextlib
import heapq
import logging
import random
import ssl
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus
from typing import Final, Protocol

from hub_core.adapters.endpoint import Endpoint, Method, SignedRequests
from hub_core.adapters.http1 import BadResponse
from hub_core.adapters.keepalive import ConnectionPool
from hub_core.adapters.metrics import Measure, Numbers, unheard
from hub_core.adapters.sigv4 import CredentialsProvider, Signatory, environment_credentials
from hub_core.kernel.clock import Clock, utc_now
from hub_core.kernel.ids import ConnectionId

logger = logging.getLogger(__name__)

ATTEMPTS: Final = 3
"""How often a post is tried in all, as the AWS SDKs do by default."""
BACKOFF_SEC: Final = 0.05
"""The longest pause before the second attempt; twice that before the third (full jitter)."""


class Delivery(Enum):
    """What became of a frame. None of these says that the client has it."""

    DELIVERED = auto()
    """2xx: API Gateway took it."""
    GONE = auto()
    """410: there is no such connection, nor will there be again."""
    BEHIND = auto()
    """429 to the last: the client does not read, or the account's rate is used up."""
    FAILED = auto()
    """Refused, or not answered in time; the log says which. The frame may still have arrived."""


class Poster(Protocol):
    """Sends frames to connections, and closes them."""

    async def post(self, connection_id: ConnectionId, frame: bytes) -> Delivery:
        """Send one text frame to one connection."""
        ...

    async def broadcast(
        self, connection_ids: Sequence[ConnectionId], frame: bytes
    ) -> dict[ConnectionId, Delivery]:
        """Send one text frame to many connections, once to each, and wait until all is settled."""
        ...

    async def delete(self, connection_id: ConnectionId) -> Delivery:
        """Close a connection."""
        ...

    async def aclose(self) -> None:
        """Close what is kept open. Nothing may be under way."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited for what, in seconds."""

    connect: float = 1.0
    """For one connection, TLS included."""
    answer: float = 0.5
    """For one response."""
    throttled: float = 0.25
    """For a connection that answers 429, from its first attempt on."""
    call: float = 1.5
    """For a whole post, broadcast or delete: what is not settled by then stays as it is."""


DEFAULT_PATIENCE: Final = Patience()


@dataclass(eq=False)
class ManagementApi:
    """The `Poster` of the product. Make one per container: it belongs to one event loop.

    Raises:
        ValueError: the endpoint is none.
    """

    endpoint: str
    """`http[s]://host[:port][/stage]`."""
    region: str
    credentials: CredentialsProvider = environment_credentials
    clock: Clock = utc_now
    chance: Callable[[], float] = random.random
    """In [0, 1): spreads the retries."""
    patience: Patience = DEFAULT_PATIENCE
    connections: int = 64
    """How many posts are under way at once, each on a connection of its own."""
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context
    """Called at the first `https` connection."""
    measure: Measure = unheard
    """Told of every call: how many posts, what became of them, and how long it took."""
    _endpoint: Endpoint = field(init=False, repr=False)
    _pool: ConnectionPool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._endpoint = Endpoint.parse(self.endpoint)
        self._pool = ConnectionPool(
            self._endpoint.host,
            self._endpoint.port,
            tls=self.tls if self._endpoint.scheme == "https" else None,
            limit=self.connections,
            connect_sec=self.patience.connect,
            answer_sec=self.patience.answer,
        )

    async def post(self, connection_id: ConnectionId, frame: bytes) -> Delivery:
        """See `Poster`, and `broadcast`."""
        return (await self._send("POST", (connection_id,), frame))[connection_id]

    async def broadcast(
        self, connection_ids: Sequence[ConnectionId], frame: bytes
    ) -> dict[ConnectionId, Delivery]:
        """See `Poster`. Nothing is left running when it returns.

        Raises:
            EnvironmentIncomplete: the environment has no credentials.
        """
        return await self._send("POST", connection_ids, frame)

    async def delete(self, connection_id: ConnectionId) -> Delivery:
        """See `Poster`. `GONE` if the client was quicker."""
        return (await self._send("DELETE", (connection_id,), b""))[connection_id]

    async def warm(self, connections: int) -> None:
        """Open connections ahead, in a function that is sure to post. Never fails: posts tell."""
        await self._pool.warm(connections, self.clock().timestamp())

    async def aclose(self) -> None:
        """See `Poster`."""
        await self._pool.aclose()

    async def _send(
        self, method: Method, connection_ids: Sequence[ConnectionId], payload: bytes
    ) -> dict[ConnectionId, Delivery]:
        now = self.clock()
        began = asyncio.get_running_loop().time()
        signatory = Signatory(self.credentials(), self.region, now)
        requests = SignedRequests(self._endpoint, method, payload, signatory)
        call = _Call(requests, connection_ids, now.timestamp())
        workers = min(len(call.outcomes), self.connections)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.patience.call), asyncio.TaskGroup() as group:
                    for _ in range(workers):
                        group.create_task(self._work(call))
        finally:
            await self._pool.settle()
        call.report()
        self.measure(call.numbers(asyncio.get_running_loop().time() - began))
        return call.outcomes

    async def _work(self, call: "_Call") -> None:
        """Try one post after the other until there are none; many of these run side by side."""
        time = asyncio.get_running_loop().time
        while post := call.next(time()):
            if post.attempts:
                await asyncio.sleep(post.due - time())
            post.attempts += 1
            if await self._try(call, post) and post.attempts < ATTEMPTS:
                due = time() + self.chance() * BACKOFF_SEC * 2 ** (post.attempts - 1)
                behind = call.outcomes[post.connection_id] is Delivery.BEHIND
                if not behind or due - post.began <= self.patience.throttled:
                    call.again(post, due)

    async def _try(self, call: "_Call", post: "_Post") -> bool:
        """Send once and note the outcome; answers whether another try might change it."""
        connection_id = post.connection_id
        try:
            response = await self._pool.exchange(call.requests.to(connection_id), call.began)
        except (OSError, BadResponse) as error:
            call.fail(connection_id, f"{type(error).__name__}: {error}")
            return True
        status = response.status
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            call.outcomes[connection_id] = Delivery.DELIVERED
            return False
        if status == HTTPStatus.GONE:
            call.outcomes[connection_id] = Delivery.GONE
            return False
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            call.outcomes[connection_id] = Delivery.BEHIND
            return True
        error_type = response.headers.get(b"x-amzn-errortype", b"").decode("ascii", "replace")
        call.fail(connection_id, f"{status} {error_type}".rstrip())
        return status >= HTTPStatus.INTERNAL_SERVER_ERROR


@dataclass(slots=True)
class _Post:
    """One recipient's share of a call; times are on the loop's clock."""

    connection_id: ConnectionId
    began: float
    attempts: int = 0
    due: float = 0.0


class _Call:
    """One post, broadcast or delete while it is under way."""

    def __init__(
        self, requests: SignedRequests, connection_ids: Sequence[ConnectionId], began: float
    ) -> None:
        self.requests: Final = requests
        self.began: Final = began
        """Seconds since 1970."""
        self.outcomes: Final = dict.fromkeys(connection_ids, Delivery.FAILED)
        """What is true should the time be up now."""
        self._reasons: Final = dict[ConnectionId, str]()
        self._untried: Final[Iterator[ConnectionId]] = iter(tuple(self.outcomes))
        self._retries: Final = list[tuple[float, ConnectionId, _Post]]()

    def next(self, now: float) -> _Post | None:
        """Take the next post. One that waits for its next attempt holds up nobody's first."""
        if not self._retries or self._retries[0][0] > now:
            connection_id = next(self._untried, None)
            if connection_id is not None:
                return _Post(connection_id, began=now)
        return heapq.heappop(self._retries)[2] if self._retries else None

    def again(self, post: _Post, due: float) -> None:
        """Have the post tried once more, not before `due`."""
        post.due = due
        heapq.heappush(self._retries, (due, post.connection_id, post))

    def fail(self, connection_id: ConnectionId, reason: str) -> None:
        """Note a failure; it stands unless a later attempt fares better."""
        self.outcomes[connection_id] = Delivery.FAILED
        self._reasons[connection_id] = reason

    def numbers(self, seconds: float) -> Numbers:
        """What became of the posts, in numbers."""
        outcomes = Counter(self.outcomes.values())
        return {
            "Posts": (len(self.outcomes), "Count"),
            "PostsGone": (outcomes[Delivery.GONE], "Count"),
            "PostsBehind": (outcomes[Delivery.BEHIND], "Count"),
            "PostsFailed": (outcomes[Delivery.FAILED], "Count"),
            "FanOut": (round(seconds * 1000, 1), "Milliseconds"),
        }

    def report(self) -> None:
        """Log what failed: one line for each reason, never the frame."""
        failed = defaultdict[str, list[ConnectionId]](list)
        for connection_id, outcome in self.outcomes.items():
            if outcome is Delivery.FAILED:
                reason = self._reasons.get(connection_id, "the time was up")
                failed[reason].append(connection_id)
        for reason, connection_ids in failed.items():
            logger.warning(
                "%d of %d requests to the management API failed, the first for connection %s: %s",
                len(connection_ids),
                len(self.outcomes),
                connection_ids[0],
                reason,
            )
