"""What was said, as members read it later."""

import json
from typing import Any

from hub_core.kernel.ids import new_id
from tests.container import Answer
from tests.meetings.people import Person, World


def read(world: World, meeting_id: str, by: Person, query: str = "") -> Answer:
    return world.call(
        "meetings.messages", "GET", f"/v1/meetings/{meeting_id}/messages{query}", by=by
    )


def say(
    world: World,
    meeting_id: str,
    text: str,
    *,
    by: str,
    to: str | None = None,
    epoch: str,
    **payload: Any,
) -> dict[str, Any]:
    """A message as the socket path journals it; its payload."""
    id_ = new_id()
    said: dict[str, Any] = {
        "id": id_,
        "participantId": by,
        "sender": {"participantId": by, "displayName": "B", "avatarUrl": None, "role": "guest"},
        "text": text,
        "ts": "2026-11-24T06:00:00.000Z",
        **payload,
    }
    world.sql(
        "INSERT INTO conferences VALUES (%(epoch)s, %(meeting)s, now()) ON CONFLICT DO NOTHING",
        epoch=epoch,
        meeting=meeting_id,
    )
    world.sql(
        'INSERT INTO journal (id, meeting_id, epoch, seq, at, type, "by", payload, visible_to)'
        " VALUES (%(id)s, %(meeting)s, %(epoch)s, NULL, now(), 'chat.message', %(by)s,"
        " %(payload)s::jsonb, %(visible_to)s)",
        id=id_,
        meeting=meeting_id,
        epoch=epoch,
        by=by,
        payload=json.dumps(said),
        visible_to=None if to is None else [by, to],
    )
    return said


def test_messages_of_all_conferences_newest_first_as_they_were_sent(world: World) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)
    host = world.ticket(meeting["id"], ada)["participantId"]
    first = say(world, meeting["id"], "one", by=host, epoch=new_id())
    epoch = new_id()
    second = say(world, meeting["id"], "two", by=host, epoch=epoch, clientMsgId="c2")
    third = say(world, meeting["id"], "<b>three</b>\u2028", by=host, epoch=epoch)

    whole = read(world, meeting["id"], ada)
    page = read(world, meeting["id"], ada, "?limit=2")
    rest = read(world, meeting["id"], ada, f"?limit=2&cursor={page.json['nextCursor']}")

    assert whole.json == {"messages": [third, second, first], "nextCursor": None}
    assert page.json["messages"] + rest.json["messages"] == whole.json["messages"]
    assert rest.json["nextCursor"] is None


def test_private_messages_are_for_the_two_alone_the_host_not_among_them(world: World) -> None:
    ada, bob, eve = world.account("Ada"), world.account("Bob"), world.account("Eve")
    meeting = world.meeting(ada)
    places = [world.ticket(meeting["id"], person)["participantId"] for person in (bob, eve)]
    for place in places:
        world.decide(place, "admitted")
    secret = say(world, meeting["id"], "psst", by=places[0], to=places[1], epoch=new_id())

    seen = [read(world, meeting["id"], person).json["messages"] for person in (ada, bob, eve)]

    assert seen == [[], [secret], [secret]]


def test_what_was_deleted_is_no_message_any_more(world: World) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)
    host = world.ticket(meeting["id"], ada)["participantId"]
    say(world, meeting["id"], "oops", by=host, epoch=new_id())
    world.sql("""UPDATE journal SET payload = (payload - 'text') || '{"deleted": true}'""")

    assert read(world, meeting["id"], ada).json["messages"] == []


def test_a_cursor_of_another_meeting_shows_nothing_of_it(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    here, there = world.meeting(ada), world.meeting(bob)
    place = world.ticket(there["id"], bob)["participantId"]
    for text in ("one", "two"):
        say(world, there["id"], text, by=place, epoch=new_id())
    cursor = read(world, there["id"], bob, "?limit=1").json["nextCursor"]

    assert read(world, here["id"], ada, f"?cursor={cursor}").json["messages"] == []
