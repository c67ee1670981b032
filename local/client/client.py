"""One person at one keyboard: signs in, joins, asks, hears, loses the connection and comes back."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from itertools import count
from typing import Any, Self
from uuid import uuid4

from local.client.backoff import Backoff
from local.client.frames import Frame, Json, Refused, Seen
from local.client.log import RoomLog
from local.client.pending import Pending
from local.client.person import Person
from local.client.pulse import beat
from local.client.room import RoomView
from local.client.wire import ConnectionLost, Wire


class HubClient(Person):
    """A client of one API.

    It orders room events, fills gaps (`fills_gaps`) and, with `recovers`, comes back when its
    connection is lost or about to expire. Tests do it by hand: `cut`, `hold`, `sync`, `resume`.
    """

    def __init__(  # noqa: PLR0913 - each by its name
        self,
        url: str,
        *,
        socket_url: str | None = None,
        recovers: bool = False,
        fills_gaps: bool = True,
        keeps_frames: bool = True,
        patience: float = 30,
        pulse: float | None = 25,
        pong: float = 10,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is connected before it is needed.

        Args:
            url: `http://localhost:4000`.
            socket_url: Where sockets go, if not where tickets say (or `url` with `/ws`).
            recovers: Whether it comes back by itself.
            fills_gaps: Whether it asks for missing events.
            keeps_frames: Whether `seen` holds every frame; a load test says no.
            patience: Seconds to wait for a reply or an event.
            pulse: With `recovers`, seconds between signs of life; None: none.
            pong: Seconds without an answer to one, after which a connection is taken for dead.
            backoff: Between attempts to come back.
            clock: For `seen`.
        """
        super().__init__(url)
        self.log = RoomLog()
        self.room = RoomView()
        self.joined: Json | None = None
        """The payload of `room.joined`."""
        self.resume_token: str | None = None
        self.ice_servers: list[Json] = []
        self.seen: list[Seen] = []
        """Every frame of every connection as it was, in both directions."""
        self.unseen: deque[Frame] = deque()
        """Delivered and not yet taken by `heard` or `events`; room events in order."""
        self.ignores: Callable[[Frame], bool] = lambda _: False
        """Frames to drop as if they had never come."""
        self.wire: Wire | None = None
        """The connection in use."""
        self.moves = 0
        """Resumes under way: who is taken over then is taken over by itself."""
        self._url, self._socket_url = url, socket_url
        self._recovers, self._fills_gaps = recovers, fills_gaps
        self._keeps_frames, self._patience = keeps_frames, patience
        self._pulse, self._pong = pulse if recovers else None, pong
        self._backoff, self._clock = backoff or Backoff(), clock
        # A session outlives connections and a requestId is never used twice in one.
        self._name = uuid4().hex[:12]
        self._asked = self._opened = 0
        self._pending = Pending()
        self._parts: dict[tuple[str, int], list[Json]] = {}
        self._held: list[tuple[Wire, str]] | None = None
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._syncing = self._closing = False
        self._return: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End everything; the room sees a lost connection unless `leave` was called."""
        self._closing = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.wire:
            await self.wire.close()
        self._pending.fail(ConnectionLost("this client is closed"))
        await self.rest.__aexit__(None, None, None)

    # over the socket

    async def connect(self) -> Wire:
        """Open a connection and use it from now on; an account authenticates on it.

        Raises:
            ConnectionLost: There is none to be had.
        """
        self._use(await self._open())
        if self.rest.access_token:
            await self.request("auth.authenticate", accessToken=self.rest.access_token)
        return self._in_use()

    async def join(
        self,
        meeting_id: str | None = None,
        *,
        display_name: str | None = None,
        mic: str = "off",
        cam: str = "off",
    ) -> Frame:
        """Join a meeting, or with no `meeting_id` the one of the `ticket` at hand.

        The answer is `room.joined`, or `lobby.waiting`: `room.joined` is then heard later.
        """
        if meeting_id is not None:
            await self.take_ticket(meeting_id, display_name)
        assert self.ticket, "there is no ticket to join with"
        if self.wire is None or self.wire.close_code is not None:
            await self.connect()
        return await self.request(
            "room.join", roomToken=self.ticket["roomToken"], device={"mic": mic, "cam": cam}
        )

    async def leave(self) -> None:
        """Leave the room."""
        await self.request("room.leave")
        self.resume_token = None

    async def request(self, kind: str, /, **payload: Any) -> Frame:
        """Ask, and wait for the one reply.

        Raises:
            Refused: The reply is an error.
            ConnectionLost: The connection went before the reply came (and `recovers` is off).
            TimeoutError: No reply within `patience`.
        """
        self._asked += 1
        return await self.ask(Frame(kind, payload, f"{self._name}-{self._asked}"))

    async def ask(self, frame: Frame, wire: Wire | None = None) -> Frame:
        """As `request`, for a frame with a `requestId` of one's own, on a connection of choice."""
        wire = wire or self._in_use()
        reply = self._pending.begin(frame, wire)
        try:
            await self._send(wire, frame.text())
            async with asyncio.timeout(self._patience):
                answer = await reply
        except ConnectionLost:
            if not self._lives_on(frame):
                raise
            async with asyncio.timeout(self._patience):
                answer = await reply
        finally:
            self._pending.end(frame)
        if answer.type == "error":
            raise Refused(answer.payload)
        return answer

    async def send(self, kind: str, /, **payload: Any) -> None:
        """Say something that is not replied to."""
        await self._send(self._in_use(), Frame(kind, payload).text())

    async def heard(self, kind: str, /, *, within: float | None = None, **wanted: Any) -> Frame:
        """Take the next frame of this type whose payload says what is wanted; wait if need be.

        Raises:
            TimeoutError: None came within `within` seconds (else `patience`).
        """
        async with asyncio.timeout(self._patience if within is None else within):
            while True:
                self._news.clear()
                for frame in self.unseen:
                    if frame.fits(kind, wanted):
                        self.unseen.remove(frame)
                        return frame
                await self._news.wait()

    async def events(self) -> AsyncIterator[Frame]:
        """Every frame that is no reply, as it is delivered."""
        while True:
            self._news.clear()
            while self.unseen:
                yield self.unseen.popleft()
            await self._news.wait()

    async def sync(self) -> Frame:
        """Ask for what is missing after the last event that was delivered, and deliver it."""
        reply = await self.request("room.sync", epoch=self.log.epoch, afterSeq=self.log.seq)
        if reply.type == "room.snapshot":
            self._begin(reply.payload)
        else:
            self._catch_up(reply.payload["events"])
        return reply

    async def resume(
        self, *, token: str | None = None, epoch: str | None = None, last_seq: int | None = None
    ) -> Frame:
        """Go on with the session over a new connection; the old one is closed if it still lives.

        Raises:
            Refused: The session is over (`room/session-expired`).
            ConnectionLost: There is no connection to be had.
        """
        before, wire = self.wire, await self._open()
        self._asked += 1
        payload = {
            "resumeToken": token or self.resume_token,
            "epoch": self.log.epoch if epoch is None else epoch,
            "lastSeq": self.log.seq if last_seq is None else last_seq,
        }
        frame = Frame("session.resume", payload, f"{self._name}-{self._asked}")
        self.moves += 1
        try:
            reply = await self.ask(frame, wire)
        except BaseException:
            self.moves -= 1
            await wire.close()
            if before and before.close_code is not None:
                self._recover()  # it ended meanwhile, and was left to this
            raise
        self.moves -= 1
        self._use(wire)
        self.resume_token = reply.payload["resumeToken"]
        self.ice_servers = reply.payload["iceServers"]
        if reply.payload["recovered"]:
            self._catch_up(reply.payload["events"])
        else:
            self._begin(reply.payload["snapshot"])
        if before and before.close_code is None:
            await before.close()
        # The same `requestId` gets the same reply and has no second effect.
        for asked in self._pending.moved(wire, self._lives_on):
            await self._send(wire, asked.text())
        if wire.close_code is not None:
            self._recover()  # it ended before it was the one in use
        return reply

    # faults, for tests

    def cut(self) -> None:
        """Lose the connection as a network does."""
        self._in_use().cut()

    def hold(self) -> None:
        """Let nothing that comes in be noticed, until `release`."""
        self._held = self._held or []

    def release(self) -> None:
        """Notice what was held, in the order in which it came."""
        held, self._held = self._held, None
        for wire, text in held or ():
            self._notice(wire, text)

    # inside

    def _in_use(self) -> Wire:
        if self.wire is None:
            raise ConnectionLost("not connected yet")
        return self.wire

    def _use(self, wire: Wire) -> None:
        self.wire = wire
        if self._pulse is not None:
            self._start(beat(self, wire, self._pulse, self._pong))

    async def _open(self) -> Wire:
        self._opened += 1
        ticketed = self.ticket["wsUrl"] if self.ticket else None
        url = self._socket_url or ticketed or self._url.replace("http", "ws", 1) + "/ws"
        wire = await Wire.open(url, self._opened)
        wire.read(self._received, self._lost)
        return wire

    async def _send(self, wire: Wire, text: str) -> None:
        if self._keeps_frames:
            self.seen.append(Seen(self._clock(), "sent", wire.number, text))
        await wire.send(text)

    def _received(self, wire: Wire, text: str) -> None:
        if self._keeps_frames:
            self.seen.append(Seen(self._clock(), "received", wire.number, text))
        if self._held is None:
            self._notice(wire, text)
        else:
            self._held.append((wire, text))

    def _notice(self, wire: Wire, text: str) -> None:
        frame = Frame.read(text)
        if self.ignores(frame):
            return
        if frame.type == "snapshot.part":
            place = (frame.payload["epoch"], frame.payload["seq"])
            self._parts.setdefault(place, []).extend(frame.payload["participants"])
        elif frame.type == "room.joined":
            self._enter(frame)
        elif frame.is_last_word and wire is self.wire and not (self.moves and frame.is_replaced):
            self.resume_token = None
        if not self._pending.answer(frame):
            self._deliver(self.log.take(frame))
            if frame.type == "connection.expiring" and wire is self.wire:
                self._recover()
        if self.log.waits and self._fills_gaps and not self._syncing and self.resume_token:
            self._syncing = True
            self._start(self._fill())

    def _deliver(self, frames: list[Frame]) -> None:
        for frame in frames:
            if frame.seq is not None:
                self.room.apply(frame)
            self.unseen.append(frame)
        self._news.set()

    def _enter(self, frame: Frame) -> None:
        said = self.joined = frame.payload
        self.resume_token, self.ice_servers = said["resumeToken"], said["iceServers"]
        self._begin({**said, "participants": [said["selfParticipant"], *said["peers"]]})

    def _begin(self, snapshot: Json) -> None:
        place = (snapshot["epoch"], snapshot["seq"])
        newer = place[0] != self.log.epoch or place[1] > self.log.seq  # its parts come once
        people = [*snapshot["participants"], *self._parts.pop(place, [])]
        if newer:
            self.room.begin(people, snapshot["settings"], snapshot["chat"])
        self._deliver(self.log.begin(*place))

    def _catch_up(self, events: list[Json]) -> None:
        for event in events:
            self._deliver(self.log.take(Frame.of(event)))

    async def _fill(self) -> None:
        try:
            await self.sync()
        except (ConnectionLost, Refused, TimeoutError):
            pass  # a lost connection is resumed, and a resume fills the gap
        finally:
            self._syncing = False

    def _lost(self, wire: Wire) -> None:
        self._pending.fail(
            ConnectionLost(f"closed with {wire.close_code}"),
            lambda frame, asked_on: asked_on is wire and not self._lives_on(frame),
        )
        if wire is self.wire:
            self._deliver([Frame("(closed)", {"code": wire.close_code})])
            if not self.moves:  # else it is most likely the move itself that has ended it
                self._recover()

    def _recover(self) -> None:
        """Come back, unless that is under way already or there is nothing to come back to."""
        wanted = self._recovers and self.resume_token and not self._closing
        if wanted and (self._return is None or self._return.done()):
            self._return = self._start(self._come_back())

    def _lives_on(self, frame: Frame) -> bool:
        """Whether a request outlives its connection: the session's requests do."""
        of_connection = frame.type in ("auth.authenticate", "room.join", "session.resume")
        return self._recovers and self.resume_token is not None and not of_connection

    async def _come_back(self) -> None:
        for attempt in count():
            if attempt or self._in_use().close_code is not None:
                await asyncio.sleep(self._backoff.before(attempt))
            try:
                await self.resume()
                if self._in_use().close_code is None:
                    return
            except (ConnectionLost, TimeoutError):
                pass
            except Refused as refused:
                if refused.is_final:
                    self._give_up(refused)
                    return

    def _give_up(self, refused: Refused) -> None:
        self.resume_token = None
        self._pending.fail(refused)
        self._deliver([Frame("(session over)", refused.problem)])

    def _start(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
