"""What goes on in a room while nothing can be written down."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from tests.live.stage import Client, Meeting

Joined = Callable[..., Client]


@contextmanager
def _nothing_can_be_written_down(database_url: str) -> Iterator[None]:
    with psycopg.connect(database_url, autocommit=True) as db:
        db.execute("BEGIN")
        db.execute("LOCK TABLE journal IN ACCESS EXCLUSIVE MODE")
        yield
        db.execute("ROLLBACK")


def test_a_signal_needs_nothing_written_down(
    meeting: Meeting, joined: Joined, migrated: str
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    offer = {
        "to": ben.session["selfParticipant"]["participantId"],
        "type": "offer",
        "sdp": "v=0",
    }

    with _nothing_can_be_written_down(migrated):
        said = ada.ask("chat.send", {"text": "hello?"})
        signalled, pong = ada.ask("rtc.signal", offer), ben.ask("ping")

    assert said["payload"]["type"] == "server/unavailable"
    assert (signalled["type"], pong["type"]) == ("ack", "pong")
    assert "rtc.signal" in [frame["type"] for frame in ben.heard()]
