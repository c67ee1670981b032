"""What was asked and not answered yet."""

import asyncio
from collections.abc import Callable, Iterator

from local.client.frames import Frame
from local.client.wire import Wire


class Pending:
    """Requests by their `requestId`, each with the connection on which it was asked last."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[Frame, Wire, asyncio.Future[Frame]]] = {}

    def begin(self, frame: Frame, wire: Wire) -> asyncio.Future[Frame]:
        """Expect a reply."""
        assert frame.request_id, "only a frame with a requestId is replied to"
        reply: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._open[frame.request_id] = (frame, wire, reply)
        return reply

    def end(self, frame: Frame) -> None:
        """Expect none any more."""
        self._open.pop(frame.request_id or "", None)

    def answer(self, frame: Frame) -> bool:
        """Whether this is a reply to one of them."""
        if frame.request_id not in self._open:
            return False
        reply = self._open[frame.request_id][2]
        if not reply.done():
            reply.set_result(frame)
        return True

    def fail(
        self, error: Exception, which: Callable[[Frame, Wire], bool] = lambda *_: True
    ) -> None:
        """Let those fail that will not be answered."""
        for frame, wire, reply in list(self._open.values()):
            if not reply.done() and which(frame, wire):
                reply.set_exception(error)

    def moved(self, to: Wire, which: Callable[[Frame], bool]) -> Iterator[Frame]:
        """Those to be asked again on this connection."""
        for request_id, (frame, wire, reply) in list(self._open.items()):
            if wire is not to and which(frame):
                self._open[request_id] = (frame, to, reply)
                yield frame
