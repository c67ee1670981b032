"""Many at once, and somebody dying in the middle: several containers on one room."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import redis as sync_redis

from hub_core.adapters import runtime
from hub_core.kernel.errors import Unavailable
from hub_core.kernel.ids import ParticipantId
from hub_core.kernel.roles import Role
from hub_core.live.answers import Committed, Due, Fenced, Request
from hub_core.live.connections import Seat
from hub_core.live.dispatch import someone
from hub_core.live.house import house
from hub_core.live.keys import Keys
from hub_core.live.store import RoomStore
from hub_core.rooms.deciding import Now, decide
from hub_core.rooms.rules.chat import SendChat
from hub_core.rooms.rules.presence import Lapsed
from tests.container import Container
from tests.gateway_events import disconnect_event
from tests.live.gateway import Gateway
from tests.live.stage import Client, Meeting, a_meeting

Joined = Callable[..., Client]
Containers = Callable[[int], list[Container]]


@pytest.fixture
def crowd(containers: Containers, gateway: Gateway) -> Iterator[Callable[..., list[Any]]]:
    """Runs things side by side, each in a container of its own (as far as there are enough)."""
    started = containers(6)
    with ThreadPoolExecutor(len(started)) as threads:

        def at_once(*work: Callable[[Container], Any]) -> list[Any]:
            jobs = [
                threads.submit(one, started[number % len(started)])
                for number, one in enumerate(work)
            ]
            return [job.result() for job in jobs]

        yield at_once


def _id(client: Client) -> str:
    name = client.session["selfParticipant"]["participantId"]
    assert isinstance(name, str)
    return name


def _gapless(frames: Sequence[Any], first: int) -> bool:
    return [frame["seq"] for frame in frames if "seq" in frame] == list(
        range(first, first + len(frames))
    )


def test_of_fifty_who_join_at_once_exactly_ten_are_in(
    migrated: str, gateway: Gateway, crowd: Callable[..., list[Any]]
) -> None:
    meeting = a_meeting(migrated, max_participants=10)
    people = [meeting.person(account=False) for _ in range(50)]

    replies = crowd(*(lambda box, who=who: Client(box, gateway).join(who) for who in people))

    kinds = Counter(reply["payload"].get("type", reply["type"]) for reply in replies)
    assert kinds == {"room.joined": 10, "meeting/full": 40}
    assert meeting.rows("SELECT count(*) FROM journal") == [(10,)]


def test_what_many_say_at_once_reaches_everyone_in_one_order(
    meeting: Meeting, joined: Joined, gateway: Gateway, crowd: Callable[..., list[Any]]
) -> None:
    people = [joined(meeting.person()) for _ in range(6)]
    for one in people:
        one.heard()

    def talk(box: Container, who: Client) -> list[Any]:
        speaking = Client(box, gateway, id=who.id)
        return [speaking.ask("chat.send", {"text": str(n)}) for n in range(10)]

    replies = crowd(*(lambda box, who=who: talk(box, who) for who in people))

    acks = [reply["payload"]["seq"] for some in replies for reply in some]
    assert sorted(acks) == list(range(7, 67))
    for one in people:
        assert _gapless(one.heard(), 7)


def test_of_two_hosts_who_decide_at_once_one_does(
    migrated: str, joined: Joined, gateway: Gateway, crowd: Callable[..., list[Any]]
) -> None:
    meeting = a_meeting(migrated, access_type="restricted")
    hosts = [joined(meeting.person(role)) for role in (Role.HOST, Role.COHOST)]
    for _ in range(5):
        ben = meeting.person(account=False)
        guest = Client(hosts[0].container, gateway)
        guest.join(ben)
        target = {"participantId": ben.participant_id}

        replies = crowd(
            lambda box: Client(box, gateway, id=hosts[0].id).ask("lobby.admit", target),  # noqa: B023 (at once)
            lambda box: Client(box, gateway, id=hosts[1].id).ask("lobby.reject", target),  # noqa: B023 (at once)
        )

        told = sorted(reply["payload"].get("type", reply["type"]) for reply in replies)
        assert told == ["ack", "lobby/already-decided"]
        admitted = replies[0]["type"] == "ack"
        result, *_ = [frame for frame in guest.heard() if frame["type"] == "lobby.result"]
        assert result["payload"]["admitted"] is admitted
        ((decided,),) = meeting.rows(
            "SELECT admission FROM participants WHERE id = %(id)s", id=ben.participant_id
        )
        assert decided == ("admitted" if admitted else "rejected")


def test_the_same_frame_at_the_same_time_has_one_effect(
    meeting: Meeting, joined: Joined, gateway: Gateway, crowd: Callable[..., list[Any]]
) -> None:
    ada = joined(meeting.person())
    frame = {"type": "chat.send", "requestId": "once", "payload": {"text": "hi"}}

    crowd(*[lambda box: Client(box, gateway, id=ada.id).say(frame)] * 6)

    assert meeting.rows("SELECT count(*) FROM journal WHERE type = 'chat.message'") == [(1,)]


def test_the_same_join_at_the_same_time_is_one_session(
    meeting: Meeting, gateway: Gateway, crowd: Callable[..., list[Any]], container: Container
) -> None:
    ada = Client(container, gateway)
    ada.connect()
    ticket = meeting.person(account=False).ticket()
    frame = {"type": "room.join", "requestId": "once", "payload": {"roomToken": ticket}}

    crowd(*[lambda box: Client(box, gateway, id=ada.id).say(frame)] * 6)

    assert meeting.rows("SELECT count(*) FROM journal") == [(1,)]


@pytest.mark.parametrize("name", ["m1", ""])
def test_a_message_named_by_the_client_is_said_once_whatever_the_request(
    meeting: Meeting, joined: Joined, name: str
) -> None:
    ada = joined(meeting.person())

    acks = [ada.ask("chat.send", {"text": "hi", "clientMsgId": name}) for _ in range(3)]

    assert len({ack["payload"]["id"] for ack in acks}) == 1
    assert len(ada.heard()) == 1


def test_what_is_said_to_one_alone_is_said_once_as_well(meeting: Meeting, joined: Joined) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    private = {"text": "hi", "clientMsgId": "m1", "to": _id(ben)}

    acks = [ada.ask("chat.send", private) for _ in range(3)]

    assert len({ack["payload"]["id"] for ack in acks}) == 1
    assert len(ben.heard()) == 1
    assert meeting.rows("SELECT count(*) FROM journal WHERE type = 'chat.message'") == [(1,)]


def test_what_is_said_to_one_alone_at_the_same_time_is_said_once(
    meeting: Meeting, joined: Joined, gateway: Gateway, crowd: Callable[..., list[Any]]
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    frame = {
        "type": "chat.send",
        "requestId": "once",
        "payload": {"text": "hi", "to": _id(ben)},
    }

    crowd(*[lambda box: Client(box, gateway, id=ada.id).say(frame)] * 6)

    assert meeting.rows("SELECT count(*) FROM journal WHERE type = 'chat.message'") == [(1,)]


def test_a_goodbye_that_overtakes_the_join_leaves_no_ghost(
    meeting: Meeting, joined: Joined, container: Container, gateway: Gateway
) -> None:
    witness = joined(meeting.person())
    guest = Client(container, gateway)
    guest.connect()
    guest.say("")  # something, so that its function is warm
    container.call("handlers.socket.disconnect", disconnect_event(guest.id))

    late = guest.say(
        {"type": "room.join", "payload": {"roomToken": meeting.person(account=False).ticket()}}
    )

    assert [frame["payload"]["type"] for frame in late] == ["room/not-joined"]
    assert witness.heard() == []


def test_a_goodbye_that_crosses_the_join_is_noticed_by_one_of_them(
    meeting: Meeting, joined: Joined, container: Container, gateway: Gateway
) -> None:
    witness, guest = joined(meeting.person()), joined(meeting.person())
    witness.heard()
    container.call("handlers.socket.disconnect", disconnect_event(guest.id))

    async def sit_down_again() -> bool:
        me = guest.session["selfParticipant"]
        seat = Seat(meeting.id, me["participantId"], guest.session["sessionId"])
        return await house().dispatch.connections.seated(guest.id, seat)  # type: ignore[arg-type] # a plain string

    assert not container.do(lambda: runtime.run(sit_down_again()))
    assert [frame["payload"]["state"] for frame in witness.heard()] == ["lost"]


# --- somebody dies


async def _commit_and_die(meeting: Meeting, who: Client, text: str) -> None:
    """What a container does that is killed right after its commit."""
    dispatch = house().dispatch
    room = await dispatch.rooms.load(meeting.id)
    assert room
    me = someone(who.session["selfParticipant"]["participantId"])(room)
    now = Now(dispatch.clock(), dispatch.mint, 30)
    outcome = decide(SendChat(text=text), room, me, now)
    await dispatch.rooms.commit(outcome, Request(), "the dead one")


def _let_the_pump_go(redis_url: str, meeting: Meeting) -> None:
    """The dead one's hold is over."""
    with sync_redis.Redis.from_url(redis_url) as client:
        client.delete(f"room:{{{meeting.id}}}:pump")


def test_what_a_dead_container_left_goes_out_with_the_next_message(
    meeting: Meeting, joined: Joined, container: Container, redis_url: str
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    ada.heard()
    container.do(lambda: runtime.run(_commit_and_die(meeting, ada, "last words")))
    _let_the_pump_go(redis_url, meeting)

    ben.ask("chat.send", {"text": "next"})

    assert [frame["payload"]["text"] for frame in ada.heard()] == ["last words", "next"]
    stored = meeting.rows("SELECT payload ->> 'text' FROM journal WHERE type = 'chat.message'")
    assert {text for (text,) in stored} == {"last words", "next"}


def test_what_a_dead_container_left_goes_out_with_the_sweep(
    meeting: Meeting, joined: Joined, container: Container, redis_url: str
) -> None:
    ada = joined(meeting.person())
    container.do(lambda: runtime.run(_commit_and_die(meeting, ada, "last words")))
    _let_the_pump_go(redis_url, meeting)

    container.do(lambda: runtime.run(house().sweep.once()))

    assert [frame["payload"]["text"] for frame in ada.heard()] == ["last words"]


def test_a_pump_that_is_held_by_somebody_alive_is_waited_for(
    meeting: Meeting, joined: Joined, container: Container
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    ada.heard()
    container.do(lambda: runtime.run(_commit_and_die(meeting, ada, "last words")))

    ben.ask("chat.send", {"text": "next"})  # until the hold of two seconds is over

    assert [frame["payload"]["text"] for frame in ada.heard()] == ["last words", "next"]


def test_a_commit_whose_answer_was_lost_is_not_made_twice(
    meeting: Meeting, joined: Joined, container: Container
) -> None:
    ada = joined(meeting.person())

    async def twice() -> list[Any]:
        dispatch = house().dispatch
        room = await dispatch.rooms.load(meeting.id)
        assert room
        me = someone(ada.session["selfParticipant"]["participantId"])(room)
        outcome = decide(SendChat(text="hi"), room, me, Now(dispatch.clock(), dispatch.mint, 30))
        return [await dispatch.rooms.commit(outcome, Request(), "one nonce") for _ in "ab"]

    first, second = container.do(lambda: runtime.run(twice()))

    assert isinstance(second, Committed)  # and not "decide again"
    assert first.room == second.room
    assert ada.ask("ping")["payload"]["headSeq"] == 2


def test_what_a_commit_brings_is_told_though_its_answer_was_lost(
    meeting: Meeting, joined: Joined, environment: pytest.MonkeyPatch
) -> None:
    host, guest = joined(meeting.person(Role.HOST)), joined(meeting.person())
    guest.ask("media.update", {"mic": "on"})
    host.heard(), guest.heard()
    real = RoomStore._run

    async def sent_twice(self: RoomStore, script: str, *what: Any) -> Any:
        """As the client of Redis does when it waits in vain."""
        if script == "commit":
            await real(self, script, *what)
        return await real(self, script, *what)

    environment.setattr(RoomStore, "_run", sent_twice)
    ack = host.ask("moderation.mute", {"participantId": _id(guest)})

    assert ack["type"] == "ack"
    assert [frame["type"] for frame in guest.heard()] == ["media.changed", "moderation.muted"]


def test_a_sign_of_life_comes_before_the_end_of_a_lease(
    meeting: Meeting, joined: Joined, container: Container
) -> None:
    ada = joined(meeting.person())
    me = ada.session["selfParticipant"]["participantId"]

    async def sweep_on_an_old_score() -> Any:
        dispatch = house().dispatch
        room = await dispatch.rooms.load(meeting.id)
        assert room
        outcome = decide(
            Lapsed(), room, someone(me)(room), Now(dispatch.clock(), dispatch.mint, 30)
        )
        fences = (Due(me, "1795500000000"),)
        return await dispatch.rooms.commit(outcome, Request(fences=fences), "the sweep")

    assert container.do(lambda: runtime.run(sweep_on_an_old_score())) == Fenced()
    assert ada.heard() == []


# --- Redis loses its tail


def test_what_redis_lost_before_anybody_wrote_it_down_is_not_acknowledged(
    meeting: Meeting, joined: Joined, container: Container
) -> None:
    ada = joined(meeting.person())

    async def say_while_another_drains_and_all_is_lost() -> Any:
        dispatch = house().dispatch
        keys = Keys(meeting.id)
        await dispatch.rooms.redis.set(keys.pump, "another", px=60_000)

        async def lose(_: float) -> None:
            await dispatch.rooms.redis.delete(*keys.all)

        pump = replace(dispatch.delivery.pump, sleep=lose)
        waiting = replace(dispatch, delivery=replace(dispatch.delivery, pump=pump))
        await waiting.handle(meeting.id, someone(ParticipantId(_id(ada))), SendChat(text="hi"))

    with pytest.raises(Unavailable):
        container.do(lambda: runtime.run(say_while_another_drains_and_all_is_lost()))


def test_a_log_that_lost_its_end_begins_anew(
    meeting: Meeting, joined: Joined, redis_url: str, container: Container, gateway: Gateway
) -> None:
    ada, ben = joined(meeting.person(Role.HOST)), joined(meeting.person())
    with sync_redis.Redis.from_url(redis_url) as client:
        before = {key: client.dump(key) for key in client.scan_iter()}
        for n in range(3):
            ada.ask("chat.send", {"text": f"acknowledged {n}"})
        client.flushall()
        for key, value in before.items():
            assert value is not None
            client.restore(key, 0, value)
    ada.heard(), ben.heard()

    reply = ben.ask("chat.send", {"text": "after the failover"})
    pong = ada.ask("ping")["payload"]

    assert reply["type"] == "ack"
    assert pong["epoch"] != ada.session["epoch"]
    texts = meeting.rows(
        "SELECT payload ->> 'text' FROM journal WHERE type = 'chat.message' ORDER BY id"
    )
    assert [text for (text,) in texts] == [
        *(f"acknowledged {n}" for n in range(3)),
        "after the failover",
    ]
    sync = ada.ask("room.sync", {"epoch": ada.session["epoch"], "afterSeq": 5})
    assert sync["type"] == "room.snapshot"
    assert len(sync["payload"]["participants"]) == 2
    ada.heard()
    said = ben.ask("chat.send", {"text": "go on"})
    (heard,) = ada.heard()
    assert heard["epoch"] == pong["epoch"] == sync["payload"]["epoch"]
    assert heard["seq"] == said["payload"]["seq"] == sync["payload"]["seq"] + 1
