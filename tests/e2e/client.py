"""A client as a browser would be one: a real socket, frames in, frames out, nothing assumed."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.live.stage import Person

PATIENCE_SEC = 60.0
"""How long a client waits for what must come; nothing is measured by it."""

Frame = dict[str, Any]


class Client:
    """Keeps every frame that came, in the order in which it came."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[Frame] = []
        self.closed = asyncio.Event()
        self.session: Any = None
        """The payload of its `room.joined` or `session.resumed`."""
        self._came = asyncio.Condition()
        self._numbers = itertools.count(1)
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                async with self._came:
                    self.frames.append(json.loads(text))
                    self._came.notify_all()
        except ConnectionClosed:
            pass
        finally:
            self.closed.set()
            async with self._came:
                self._came.notify_all()

    async def until(self, holds: Callable[[Frame], bool]) -> Frame:
        """The first frame so far, or from now on, of which it holds."""

        def found() -> Frame | None:
            return next((frame for frame in self.frames if holds(frame)), None)

        async with asyncio.timeout(PATIENCE_SEC), self._came:
            await self._came.wait_for(lambda: found() or self.closed.is_set())
        frame = found()
        assert frame, [frame["type"] for frame in self.frames]
        return frame

    async def event(self, kind: str, **payload: Any) -> Frame:
        """The first frame of this type whose payload says that."""
        return await self.until(
            lambda frame: (
                frame["type"] == kind
                and all(frame["payload"].get(key) == value for key, value in payload.items())
            )
        )

    async def send(self, frame: Any) -> None:
        """Send a frame; text goes as it is."""
        await self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def ask(
        self, kind: str, payload: Mapping[str, Any] | None = None, request_id: str = ""
    ) -> Frame:
        """Send a request and wait for the frame that answers it."""
        request_id = request_id or f"r{next(self._numbers)}"
        await self.send({"type": kind, "requestId": request_id, "payload": payload or {}})
        return await self.until(lambda frame: frame.get("requestId") == request_id)

    async def join(self, person: Person, *, protocol: Mapping[str, Any] | None = None) -> Any:
        """Authenticate if it has an account, and join; the payload of the reply."""
        if person.user_id:
            said = {"accessToken": person.access_token(), **(protocol or {})}
            reply = await self.ask("auth.authenticate", said)
            assert reply["type"] == "auth.ok", reply
        reply = await self.ask("room.join", {"roomToken": person.ticket()})
        assert reply["type"] == "room.joined", reply
        self.session = reply["payload"]
        return self.session

    def events(self) -> list[Frame]:
        """The room events that it got."""
        return [frame for frame in self.frames if "seq" in frame]

    async def cut(self) -> None:
        """Drop the connection without a word, as a tunnel does."""
        self.socket.transport.abort()
        await self.closed.wait()

    async def close(self) -> None:
        """Leave in good order."""
        await self.socket.close()
        await self._reader


@asynccontextmanager
async def a_client(url: str) -> AsyncIterator[Client]:
    """A connected client, closed at the end whatever happens."""
    socket = await connect(url, compression=None, max_size=None, open_timeout=PATIENCE_SEC)
    client = Client(socket)
    try:
        yield client
    finally:
        await client.close()
