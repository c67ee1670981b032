"""API Gateway's management API as a benchmark needs it: it says yes, counts, and costs little.

`python -m benchmarks.room.sink CERTIFICATE KEY` listens with TLS on a free port of 127.0.0.1,
prints it, and ends with its standard input. `GET /` tells what came: `{"posts", "last"}`, the
latter in seconds on the machine's monotonic clock.
"""

import asyncio
import json
import ssl
import sys
import time
from typing import Final

_YES: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Counter:
    """What came."""

    posts = 0
    last = 0.0


class Conversation(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connects."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            self._buffer = self._buffer[end + 4 + length :]
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        if head.startswith(b"get"):
            told = json.dumps({"posts": self._counter.posts, "last": self._counter.last}).encode()
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told)
            )
            return
        self._counter.posts += 1
        self._counter.last = time.monotonic()
        self._transport.write(_YES)


async def serve(certificate: str, key: str) -> None:
    """Until standard input ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    counter = Counter()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(counter), "127.0.0.1", 0, ssl=context)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:3]))
