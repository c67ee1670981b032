"""The names of a room's keys in Redis."""

from dataclasses import dataclass

from hub_core.kernel.ids import MeetingId, SessionId


@dataclass(frozen=True)
class Keys:
    """The keys of one room. The braces make them share one cluster slot."""

    meeting_id: MeetingId

    def _name(self, part: str) -> str:
        return f"room:{{{self.meeting_id}}}:{part}"

    @property
    def head(self) -> str:
        return self._name("head")

    @property
    def people(self) -> str:
        return self._name("people")

    @property
    def log(self) -> str:
        return self._name("log")

    @property
    def due(self) -> str:
        return self._name("due")

    @property
    def pump(self) -> str:
        return self._name("pump")

    @property
    def rates(self) -> str:
        return self._name("rates")

    @property
    def all(self) -> tuple[str, ...]:
        """But for replies and mail, which go by themselves."""
        return (self.head, self.people, self.log, self.due, self.pump, self.rates)

    def reply(self, scope: str, request_id: str) -> str:
        return self._name(f"reply:{scope}:{request_id}")

    def mail(self, session_id: SessionId) -> str:
        """Of one stay: whoever is put out and comes again finds nothing of what was."""
        return self._name(f"mail:{session_id}")

    def collected(self, session_id: SessionId, nonce: str) -> str:
        """What was taken out of that mailbox by one who asked."""
        return self._name(f"mail:{session_id}:{nonce}")

    def share(self, round_: str, number: int) -> str:
        """Whether a share of a round of the pump is taken, or done."""
        return self._name(f"round:{round_}:{number}")
