"""API Gateway's management API as a real HTTP server that remembers what was posted to whom."""

import asyncio
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

_REASONS = {200: b"OK", 204: b"No Content", 410: b"Gone", 429: b"Too Many Requests", 500: b"Oops"}


class Gateway:
    """Listens on a port of its own, in a thread of its own, until `close`."""

    def __init__(self) -> None:
        self.frames: dict[str, list[Any]] = defaultdict(list)
        """Connection id → the frames that were posted to it, parsed, in order."""
        self.closed: list[str] = []
        """The connections that were deleted, in order."""
        self.gone: set[str] = set()
        """Connections that answer 410."""
        self.behind: set[str] = set()
        """Connections that answer 429: their clients do not read."""
        self.failing: Counter[str] = Counter()
        """Connections → how many more posts to them are answered with 500."""
        self.refused = 0
        self.sizes: list[int] = []
        """Of the frames that were posted."""
        self.posts = 0
        self.before_post: Callable[[], object] = lambda: None
        """Called before a post is answered."""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait()

    @property
    def url(self) -> str:
        """`MANAGEMENT_API_URL`."""
        return f"http://127.0.0.1:{self._port}/live"

    def take(self, connection_id: str) -> list[Any]:
        """The frames that this connection got since it was last asked about."""
        return self.frames.pop(connection_id, [])

    def close(self) -> None:
        """Stop listening."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._conversations: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        async with server:
            await self._stop.wait()
            for task in self._conversations:
                task.cancel()
            await asyncio.gather(*self._conversations, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._conversations.add(task)
        task.add_done_callback(self._conversations.discard)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                method, target, _ = head.split(" ", 2)
                length = next(
                    (
                        int(line.partition(":")[2])
                        for line in head.splitlines()
                        if line.lower().startswith("content-length:")
                    ),
                    0,
                )
                body = await reader.readexactly(length)
                status = self._answer(method, unquote(target.rpartition("/")[2]), body)
                writer.write(
                    b"HTTP/1.1 %d %b\r\nContent-Length: 0\r\n\r\n" % (status, _REASONS[status])
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    def _answer(self, method: str, connection_id: str, body: bytes) -> int:
        if connection_id in self.gone:
            return 410
        if method == "DELETE":
            self.closed.append(connection_id)
            self.gone.add(connection_id)
            return 204
        if connection_id in self.behind:
            self.refused += 1
            return 429
        if self.failing[connection_id] > 0:
            self.failing[connection_id] -= 1
            return 500
        self.posts += 1
        self.sizes.append(len(body))
        self.before_post()
        self.frames[connection_id].append(json.loads(body))
        return 200
