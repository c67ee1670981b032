"""Single mechanisms of the live floor, each where nothing but its absence would show."""

from collections.abc import Callable
from typing import Any

import pytest
import redis as sync_redis

from hub_core.adapters import runtime
from hub_core.adapters.gateway import ATTEMPTS
from hub_core.kernel.roles import Role
from hub_core.live import greeting
from hub_core.live.answers import Busy, Committed, Drain, Request
from hub_core.live.dispatch import someone
from hub_core.live.house import house
from hub_core.rooms.deciding import Now, decide
from hub_core.rooms.room import Position, Room
from hub_core.rooms.rules.chat import SendChat
from tests.container import Container
from tests.live.gateway import Gateway
from tests.live.stage import Client, Meeting

Joined = Callable[..., Client]
Socket = Callable[[], Client]
NOTHING_SEEN = {"epoch": "another", "lastSeq": 0}


async def _room(meeting: Meeting) -> Room:
    room = await house().dispatch.rooms.load(meeting.id)
    assert room
    return room


async def _commit(meeting: Meeting, who: Client, text: str, nonce: str) -> Committed:
    """Say something and die before anybody hears it."""
    dispatch = house().dispatch
    room = await _room(meeting)
    me = someone(who.session["selfParticipant"]["participantId"])(room)
    outcome = decide(SendChat(text=text), room, me, Now(dispatch.clock(), dispatch.mint, 30))
    committed = await dispatch.rooms.commit(outcome, Request(), nonce)
    assert isinstance(committed, Committed)
    return committed


def test_a_copy_of_another_history_is_not_written_over(
    meeting: Meeting,
    containers: Callable[[int], list[Container]],
    gateway: Gateway,
    redis_url: str,
) -> None:
    one, other = containers(2)
    ada = Client(one, gateway)
    ada.join(meeting.person())
    with sync_redis.Redis.from_url(redis_url) as client:
        before = {key: client.dump(key) for key in client.scan_iter()}
        ada.ask("hand.raise")  # the first container's copy knows of it
        client.flushall()
        for key, value in before.items():
            assert value is not None
            client.restore(key, 0, value)
    # Redis has lost the hand, and holds another change at its place.
    other.do(lambda: runtime.run(_commit(meeting, ada, "instead", "another")))

    ada.ask("hand.raise")

    room = ada.ask("room.sync", {"epoch": "", "afterSeq": 0})["payload"]
    assert [person["handRaised"] for person in room["participants"]] == [True]


def test_while_one_drains_nobody_else_does(
    meeting: Meeting, joined: Joined, container: Container
) -> None:
    ada = joined(meeting.person())

    async def two_at_once() -> Any:
        first = await _commit(meeting, ada, "first", "one")
        second = await _commit(meeting, ada, "second", "another")
        drained = await house().dispatch.rooms.drain(await _room(meeting), "a third", None, 64)
        return first.pump_is_ours, second.pump_is_ours, drained

    first, second, drained = container.do(lambda: runtime.run(two_at_once()))

    assert (first, second) == (True, False)
    assert isinstance(drained, Busy)


def test_a_drainer_that_wakes_up_late_turns_nothing_back(
    meeting: Meeting, joined: Joined, container: Container
) -> None:
    ada = joined(meeting.person())
    ada.ask("chat.send", {"text": "one"})
    ada.ask("chat.send", {"text": "two"})

    async def say_what_was_done_long_ago() -> Any:
        rooms = house().dispatch.rooms
        await rooms.drain(await _room(meeting), "the late one", Position(2, 0), 0)
        return await rooms.drain(await _room(meeting), "another", None, 64)

    assert not isinstance(container.do(lambda: runtime.run(say_what_was_done_long_ago())), Drain)


def test_two_people_may_think_of_the_same_request_id(meeting: Meeting, joined: Joined) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())

    replies = [
        who.say({"type": "chat.send", "requestId": "1", "payload": {"text": "hi"}})[-1]
        for who in (ada, ben)
    ]

    assert len({reply["payload"]["id"] for reply in replies}) == 2


def test_a_repeated_join_is_answered_as_the_first_time_though_the_room_is_another(
    meeting: Meeting, joined: Joined, socket: Socket
) -> None:
    ada = socket()
    ada.connect()
    ticket = meeting.person(account=False).ticket()
    frame = {"type": "room.join", "requestId": "once", "payload": {"roomToken": ticket}}

    (first,) = ada.say(frame)
    joined(meeting.person())
    ada.heard()
    (again,) = ada.say(frame)

    assert again == first


@pytest.mark.parametrize("kind", ["room.join", "session.resume", "room.sync"])
def test_a_repeated_request_brings_the_whole_roster_again(
    kind: str,
    meeting: Meeting,
    joined: Joined,
    socket: Socket,
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setattr(greeting, "LARGEST_FRAME", 4 * 1024)
    crowd = [joined(meeting.person(account=False)) for _ in range(30)]
    ada = crowd[-1] if kind == "room.sync" else socket()
    ada.connect()
    ada.heard()
    payload = {
        "room.join": {"roomToken": meeting.person(account=False).ticket()},
        "session.resume": {"resumeToken": crowd[0].session["resumeToken"], **NOTHING_SEEN},
        "room.sync": {"epoch": "another", "afterSeq": 0},
    }[kind]
    frame = {"type": kind, "requestId": "once", "payload": payload}

    first = ada.say(frame)
    joined(meeting.person(account=False))
    ada.heard()
    again = ada.say(frame)

    *parts, reply = first
    assert again == first
    told = reply["payload"].get("snapshot", reply["payload"])
    assert told["parts"] == len(parts) > 1
    rosters = [told.get("peers", told.get("participants"))]
    rosters += [part["payload"]["participants"] for part in parts]
    assert len({one["participantId"] for roster in rosters for one in roster}) == 30


def test_a_reply_does_not_come_without_its_roster(
    meeting: Meeting,
    joined: Joined,
    socket: Socket,
    gateway: Gateway,
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setattr(greeting, "LARGEST_FRAME", 4 * 1024)
    for _ in range(30):
        joined(meeting.person(account=False))
    ada = socket()
    ada.connect()
    ticket = meeting.person(account=False).ticket()
    frame = {"type": "room.join", "requestId": "once", "payload": {"roomToken": ticket}}
    gateway.failing[ada.id] = ATTEMPTS  # the first frame is lost

    nothing = ada.say(frame)
    whole = ada.say(frame)

    assert nothing == []
    assert whole[-1]["payload"]["parts"] == len(whole) - 1 > 1


def test_a_log_that_was_trimmed_is_no_answer(
    meeting: Meeting, joined: Joined, redis_url: str
) -> None:
    ada = joined(meeting.person())
    for n in range(3):
        ada.ask("chat.send", {"text": str(n)})
    with sync_redis.Redis.from_url(redis_url) as client:
        client.xtrim(f"room:{{{meeting.id}}}:log", minid="3-0", approximate=False)

    partly, whole = (
        ada.ask("room.sync", {"epoch": ada.session["epoch"], "afterSeq": seq}) for seq in (1, 2)
    )

    assert partly["type"] == "room.snapshot"
    assert whole["type"] == "room.events"


def test_a_ticket_from_before_a_removal_is_void_also_in_a_new_conference(
    meeting: Meeting, joined: Joined, socket: Socket, redis_url: str
) -> None:
    person = meeting.person(account=False)
    host, _ = joined(meeting.person(Role.HOST)), joined(person)
    host.ask("moderation.remove", {"participantId": person.participant_id})
    with sync_redis.Redis.from_url(redis_url) as client:
        client.flushall()  # and with it the room's own memory of the removal

    reply = socket().join(person)

    assert reply["payload"]["type"] == "room/invalid-token"


def test_a_name_that_postgresql_cannot_keep_stops_nobody(meeting: Meeting, joined: Joined) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    ada.heard()

    refused = [
        ben.ask(kind, payload)["payload"]["type"]
        for kind, payload in (
            ("chat.send", {"text": "hi", "clientMsgId": "a\x00b"}),
            ("chat.delete", {"id": "\x00"}),
            ("room.sync", {"epoch": "\x00", "afterSeq": 0}),
        )
    ]

    assert refused == ["validation/invalid"] * 3
    assert ben.ask("chat.send", {"text": "and on"})["type"] == "ack"
    assert [frame["payload"]["text"] for frame in ada.heard()] == ["and on"]
