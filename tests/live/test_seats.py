"""Where a connection sits, as several containers see it that have each seen a part of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import redis as sync_redis
from redis.asyncio import Redis

from hub_core.adapters import runtime
from hub_core.kernel.ids import ParticipantId, new_id
from hub_core.kernel.roles import Role
from hub_core.live.answers import Committed, Request
from hub_core.live.house import house
from hub_core.rooms.deciding import Now, decide
from hub_core.rooms.rules.presence import LeaveRoom
from tests.container import Container
from tests.live.gateway import Gateway
from tests.live.stage import Client, Meeting, a_meeting

Joined = Callable[..., Client]
Containers = Callable[[int], list[Container]]


def test_whoever_sits_down_anew_is_heard_also_where_its_old_seat_is_remembered(
    meeting: Meeting, containers: Containers, gateway: Gateway
) -> None:
    first, second = containers(2)
    ada, person = Client(first, gateway), meeting.person()
    ada.join(person)
    elsewhere = Client(second, gateway, id=ada.id)
    elsewhere.ask("room.leave")
    assert elsewhere.ask("room.join", {"roomToken": person.ticket()})["type"] == "room.joined"

    pong, ack = ada.ask("ping"), ada.ask("chat.send", {"text": "still here"})

    assert pong["payload"]["headSeq"] == 3
    assert ack["type"] == "ack"


def test_a_goodbye_that_is_said_again_while_it_goes_out_gets_the_same_answer(
    meeting: Meeting, joined: Joined
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    ada.heard()
    me = ParticipantId(ada.session["selfParticipant"]["participantId"])
    frame = {"type": "room.leave", "requestId": "bye"}

    async def leave_and_die() -> None:
        rooms = house().dispatch.rooms
        room = await rooms.load(meeting.id)
        assert room
        at = Now(at=datetime.now(UTC), mint=new_id, grace_sec=30)
        outcome = decide(LeaveRoom(), room, room.people[me], at)
        request = Request(room.people[me].session_id, "bye", outcome.reply.frame())
        assert isinstance(await rooms.commit(outcome, request, new_id()), Committed)

    ada.container.do(lambda: runtime.run(leave_and_die()))
    got = ada.say(frame)

    assert got == [{"type": "room.left", "requestId": "bye", "payload": {}}]
    assert [one["type"] for one in ben.heard()] == ["participant.left"]


def test_a_ticket_is_not_spent_by_asking_twice_whether_it_is(
    meeting: Meeting, socket: Callable[[], Client], environment: pytest.MonkeyPatch
) -> None:
    real = Redis.set

    async def sent_twice(self: Any, name: str, *what: Any, **how: Any) -> Any:
        """As the client of Redis does when it waits in vain."""
        if name.startswith("ticket:"):
            await real(self, name, *what, **how)
        return await real(self, name, *what, **how)

    environment.setattr(Redis, "set", sent_twice)

    assert socket().join(meeting.person())["type"] == "room.joined"


def test_a_connection_is_one_person_at_a_time(
    meeting: Meeting, socket: Callable[[], Client], migrated: str
) -> None:
    ada, other = socket(), a_meeting(migrated)
    ada.join(meeting.person(account=False))

    second = ada.ask("room.join", {"roomToken": meeting.person(account=False).ticket()})
    elsewhere = ada.ask("room.join", {"roomToken": other.person(account=False).ticket()})

    assert [one["payload"]["type"] for one in (second, elsewhere)] == ["room/already-joined"] * 2
    assert ada.ask("ping")["payload"]["headSeq"] == 1


def test_whoever_was_turned_away_may_go_elsewhere_on_the_same_connection(
    joined: Joined, socket: Callable[[], Client], meeting: Meeting, migrated: str
) -> None:
    closed = a_meeting(migrated, access_type="restricted")
    host, guest, person = joined(closed.person(Role.HOST)), socket(), closed.person(account=False)
    guest.join(person)
    host.ask("lobby.reject", {"participantId": person.participant_id})

    reply = guest.ask("room.join", {"roomToken": meeting.person(account=False).ticket()})

    assert reply["type"] == "room.joined"


def test_what_was_answered_before_a_deployment_is_answered_again(
    meeting: Meeting, joined: Joined, redis_url: str
) -> None:
    ada = joined(meeting.person())
    key = f"room:{{{meeting.id}}}:reply:{ada.session['sessionId']}:old"
    with sync_redis.Redis.from_url(redis_url) as client:
        client.set(key, '{"type":"ack","payload":{"id":"1"}}', ex=300)

    got = ada.say({"type": "chat.send", "requestId": "old", "payload": {"text": "hi"}})

    assert got == [{"type": "ack", "requestId": "old", "payload": {"id": "1"}}]


def test_an_errand_from_before_a_deployment_is_run(meeting: Meeting, joined: Joined) -> None:
    ada = joined(meeting.person())
    body = json.dumps({"to": [ada.id], "frame": '{"type":"reaction.batch"}'})

    ada.container.do(lambda: runtime.run(house().work(body)))

    assert ada.heard() == [{"type": "reaction.batch"}]
