"""What can never be written down, or not be read, and stops nobody else."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from hub_core.rooms.rulebook import CHANGES
from tests.container import Container
from tests.live.gateway import Gateway
from tests.live.stage import Client, Meeting

Joined = Callable[..., Client]

TYPES = "SELECT type, seq FROM journal ORDER BY seq"


@pytest.fixture
def refused(migrated: str) -> Iterator[str]:
    """A text that PostgreSQL does not take, however often it is tried."""
    with psycopg.connect(migrated, autocommit=True) as db:
        db.execute(
            "ALTER TABLE journal ADD CONSTRAINT poison"
            " CHECK (payload ->> 'text' IS DISTINCT FROM 'poison') NOT VALID"
        )
        yield "poison"
        db.execute("ALTER TABLE journal DROP CONSTRAINT poison")


def test_what_can_never_be_written_down_stops_nobody(
    meeting: Meeting, joined: Joined, refused: str
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())

    replies = [ada.ask("chat.send", {"text": text}) for text in ("before", refused, "after")]

    kinds = [reply["payload"].get("type", reply["type"]) for reply in replies]
    assert kinds == ["ack", "server/internal-error", "ack"]
    assert [frame["payload"]["text"] for frame in ben.heard()] == ["before", "poison", "after"]
    assert meeting.rows(TYPES)[2:] == [("chat.message", 3), ("tombstone", 4), ("chat.message", 5)]


def test_a_change_that_only_other_code_knows_stops_nobody(
    meeting: Meeting,
    joined: Joined,
    containers: Callable[[int], list[Container]],
    gateway: Gateway,
    environment: pytest.MonkeyPatch,
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    (box,) = containers(1)
    elsewhere = Client(box, gateway, id=ben.id)
    elsewhere.ask("ping")
    environment.delitem(CHANGES, "hand.changed")  # as before a deployment, or after going back

    raised, said = ada.ask("hand.raise"), elsewhere.ask("chat.send", {"text": "nice"})

    assert (raised["type"], said["type"]) == ("ack", "ack")
    assert [frame["type"] for frame in ben.heard()] == ["hand.changed", "chat.message"]
    assert meeting.rows(TYPES)[2:] == [("tombstone", 3), ("chat.message", 4)]
