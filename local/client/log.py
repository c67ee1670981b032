"""Room events into their order: each once, none before its time."""

from local.client.frames import Frame


class RoomLog:
    """Numbers what was taken of one room's log.

    Per epoch `seq` rises by exactly 1, so a repeated event and a missing one are both seen. What
    comes too early waits; what is of an epoch not begun waits too, for the snapshot that begins it
    may be overtaken by an event.
    """

    def __init__(self) -> None:
        self.epoch = ""
        """Empty before the first `begin`."""
        self.seq = 0
        """Everything up to here was delivered."""
        self._early: dict[tuple[str, int], Frame] = {}

    def begin(self, epoch: str, seq: int) -> list[Frame]:
        """The room is known as it is at `seq`; what follows on that, if it is here already.

        A snapshot that is older than what was delivered changes nothing.
        """
        if epoch != self.epoch or seq > self.seq:
            self.epoch, self.seq = epoch, seq
        self._early = {
            place: frame
            for place, frame in self._early.items()
            if place[0] == epoch and place[1] > self.seq
        }
        return self._next()

    def take(self, frame: Frame) -> list[Frame]:
        """What can be delivered now that this event is here: none, it, or it and more."""
        if frame.epoch is None or frame.seq is None:
            return [frame]
        if frame.epoch != self.epoch or frame.seq > self.seq:
            self._early[frame.epoch, frame.seq] = frame
        return self._next()

    @property
    def waits(self) -> bool:
        """Whether an event is here that cannot be delivered: something before it is missing."""
        return bool(self.epoch) and bool(self._early)

    def _next(self) -> list[Frame]:
        ready: list[Frame] = []
        while frame := self._early.pop((self.epoch, self.seq + 1), None):
            self.seq += 1
            ready.append(frame)
        return ready
