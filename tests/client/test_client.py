"""The Python client against the running product."""

import asyncio

import pytest

from local.client import ConnectionLost, Frame, HubClient, Refused
from tests.client.conftest import Person


async def together(ada: HubClient, *others: HubClient) -> str:
    """Ada creates a meeting that is open to all, and they join it one after the other."""
    meeting = await ada.create(title="Tea", settings={"accessType": "open"})
    assert (await ada.join(meeting["id"])).type == "room.joined"
    for number, other in enumerate(others):
        meeting_id = await other.resolve(meeting["code"].upper())
        joined = await other.join(meeting_id, display_name=f"Guest {number}")
        assert joined.type == "room.joined"
        await ada.heard("participant.joined")
    return str(meeting["id"])


async def test_two_people_see_the_same_room(person: Person) -> None:
    ada, bob = await person("Ada"), await person("Bob", account=False)
    await together(ada, bob)

    await ada.request("hand.raise")
    await bob.request("media.update", mic="on")
    said = await bob.request("chat.send", text="Hello!")

    await ada.heard("chat.message", text="Hello!")
    await bob.heard("chat.message", text="Hello!")
    assert ada.room == bob.room
    assert ada.log.seq == bob.log.seq == said.payload["seq"]


async def test_a_guest_waits_in_the_lobby_until_it_is_let_in(person: Person) -> None:
    ada, gus = await person("Ada"), await person("Gus", account=False)
    meeting = await ada.create()
    await ada.join(meeting["id"])

    waiting = await gus.join(meeting["id"], display_name="Gus")
    knock = (await ada.heard("lobby.changed")).payload["waiting"][0]
    await ada.request("lobby.admit", participantId=knock["participantId"])

    assert (waiting.type, knock["displayName"]) == ("lobby.waiting", "Gus")
    await gus.heard("lobby.result", admitted=True)
    await gus.heard("room.joined")
    assert len(gus.room.people) == 2


async def test_a_refusal_is_raised_with_its_problem(person: Person) -> None:
    ada, bob = await person("Ada"), await person("Bob")
    await together(ada, bob)

    with pytest.raises(Refused) as refused:
        await bob.request("room.end")

    assert (refused.value.type, refused.value.status) == ("meeting/forbidden", 403)


async def test_a_missing_event_is_fetched_and_nothing_is_out_of_order(person: Person) -> None:
    ada, bob = await person("Ada"), await person("Bob")
    await together(ada, bob)
    bob.ignores = lambda frame: frame.type == "hand.changed" and frame.payload["raised"]

    await ada.request("hand.raise")
    await ada.request("hand.lower")
    await bob.heard("hand.changed", raised=False)

    # The gap was filled by the reply to room.sync, which nothing ignores.
    assert bob.room.people == ada.room.people
    assert [seen for seen in bob.seen if '"room.sync"' in seen.text]


async def test_a_session_goes_on_over_another_connection(person: Person) -> None:
    ada, bob = await person("Ada"), await person("Bob")
    await together(ada, bob)

    bob.cut()
    await bob.heard("(closed)", code=1006)
    with pytest.raises(ConnectionLost):
        await bob.request("hand.raise")
    await ada.request("chat.send", text="Still there?")
    resumed = await bob.resume()

    assert resumed.payload["recovered"]
    assert (await bob.heard("chat.message")).payload["text"] == "Still there?"
    assert not [frame for frame in ada.unseen if frame.type == "participant.left"]


async def test_what_is_held_is_noticed_when_it_is_released(person: Person) -> None:
    ada, bob = await person("Ada"), await person("Bob")
    await together(ada, bob)

    bob.hold()
    await ada.request("hand.raise")
    raised_unseen = bob.room.people
    unaware = [one["handRaised"] for one in raised_unseen.values()]
    bob.release()
    await bob.heard("hand.changed", raised=True)

    assert unaware == [False, False]
    assert bob.room == ada.room


async def test_who_recovers_asks_again_and_is_heard_once(person: Person) -> None:
    ada, bob = await person("Ada"), await person("Bob", recovers=True)
    await together(ada, bob)

    first = bob.wire
    # The request arrives; the reply is lost with the connection.
    bob.ignores = lambda frame: frame.type == "ack" and bob.wire is first
    sent = Frame("chat.send", {"text": "Once"}, "once")

    asking = asyncio.create_task(bob.ask(sent))
    heard = await ada.heard("chat.message", text="Once")
    bob.cut()
    await ada.request("hand.raise")

    assert (await asking).payload["seq"] == heard.seq
    await bob.heard("hand.changed")
    assert [message["text"] for message in ada.room.chat] == ["Once"]
    assert ada.room.chat == bob.room.chat


async def test_an_expired_access_token_is_renewed_on_the_way(person: Person) -> None:
    ada = await person("Ada")
    assert ada.rest.tokens
    before = dict(ada.rest.tokens)

    await ada.rest.renew()
    await ada.rest.renew(instead_of=before["accessToken"])

    assert ada.rest.tokens["refreshToken"] != before["refreshToken"]
    assert (await ada.rest.call("GET", "/v1/auth/me"))["user"]["displayName"] == "Ada"
