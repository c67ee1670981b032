"""Resume tokens: what a client shows to come back into the session that it lost the connection of.

A token is `meeting.participant.session.generation.n.mac`, opaque to clients. The room keeps `n`
alone, the number of the newest token issued; the MAC is made whenever it is needed. So nothing that
Redis or a log holds lets anyone in (docs/decisions/0031-resume-tokens-are-derived.md).
"""

import base64
import hmac
import re
from dataclasses import dataclass
from typing import Final

from hub_core.adapters.settings import Keyring
from hub_core.kernel.errors import SessionExpired
from hub_core.kernel.ids import MeetingId, ParticipantId, SessionId

LARGEST_TOKEN: Final = 256
_PURPOSE: Final = b"hub:resume:"
_UNSEALED: Final = re.compile(rb'"resumeToken":"unsealed:([^"]+)"')


@dataclass(frozen=True)
class Resumption:
    """What a resume token says: the `n`-th token of a session."""

    meeting_id: MeetingId
    participant_id: ParticipantId
    session_id: SessionId
    generation: int
    """Of the participant's admission: a removal makes it void."""
    n: int

    @property
    def unsealed(self) -> str:
        """What stands for the token in a reply that is kept."""
        return f"unsealed:{self._text}"

    @property
    def _text(self) -> str:
        who = f"{self.meeting_id}.{self.participant_id}.{self.session_id}"
        return f"{who}.{self.generation}.{self.n}"


@dataclass(frozen=True)
class ResumeTokens:
    """Seals and reads them, with the keys of the room tokens."""

    keys: Keyring

    def read(self, token: str) -> Resumption:
        """What a genuine token says; whether it is still good, the room tells.

        Raises:
            SessionExpired: it is none of ours.
        """
        if len(token) > LARGEST_TOKEN or not token.isascii():
            raise SessionExpired
        text, _, mac = token.rpartition(".")
        seals = (_seal(key.secret.get_secret_value(), text.encode()) for key in self.keys)
        if not any(hmac.compare_digest(seal, mac.encode()) for seal in seals):
            raise SessionExpired
        meeting, participant, session, generation, n = text.split(".")
        return Resumption(
            MeetingId(meeting),
            ParticipantId(participant),
            SessionId(session),
            int(generation),
            int(n),
        )

    def seal(self, reply: bytes) -> bytes:
        """The reply with the token itself where `Resumption.unsealed` stood."""

        def sealed(found: re.Match[bytes]) -> bytes:
            text = found[1]
            mac = _seal(self.keys[0].secret.get_secret_value(), text)
            return b'"resumeToken":"%b.%b"' % (text, mac)

        return _UNSEALED.sub(sealed, reply, count=1)


def _seal(secret: bytes, text: bytes) -> bytes:
    mac = hmac.digest(secret, _PURPOSE + text, "sha256")
    return base64.urlsafe_b64encode(mac).rstrip(b"=")
