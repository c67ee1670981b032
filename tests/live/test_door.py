"""The lobby, and what outlives Redis: admissions, roles, bans, settings, the end."""

from collections.abc import Callable
from typing import Any

import pytest
import redis as sync_redis

from hub_core.adapters import runtime
from hub_core.kernel.ids import MeetingId, new_id
from hub_core.kernel.roles import Role
from hub_core.live.control import room_control
from hub_core.live.journal import Journal
from tests.container import Container
from tests.live.gateway import Gateway
from tests.live.stage import CHAT_FOR_HOSTS, Client, Meeting, Person, a_meeting

Joined = Callable[..., Client]
Socket = Callable[[], Client]


@pytest.fixture
def closed_meeting(migrated: str, environment: pytest.MonkeyPatch) -> Meeting:
    """Where everyone but hosts knocks."""
    return a_meeting(migrated, access_type="restricted")


def _id(person: Person) -> dict[str, str]:
    return {"participantId": person.participant_id}


def _types(frames: list[Any]) -> list[str]:
    return [frame["type"] for frame in frames]


def _row(meeting: Meeting, person: Person, columns: str) -> Any:
    (row,) = meeting.rows(
        f"SELECT {columns} FROM participants WHERE id = %(id)s", id=person.participant_id
    )
    return row


def test_whoever_knocks_hears_nothing_until_it_is_let_in(
    closed_meeting: Meeting, joined: Joined, socket: Socket
) -> None:
    ada, ben = closed_meeting.person(Role.HOST), closed_meeting.person(name="Ben")
    host, guest = joined(ada), socket()

    waiting = guest.join(ben)
    assert waiting["type"] == "lobby.waiting"
    assert waiting["payload"] == {**_id(ben), "position": 1, "waitingFor": "approval"}
    (news,) = host.heard()
    assert (news["type"], news["payload"]["count"]) == ("lobby.changed", 1)
    assert news["payload"]["waiting"][0]["displayName"] == "Ben"
    host.ask("chat.send", {"text": "among us"})
    for reply in (
        guest.ask("chat.send", {"text": "hello?"}),
        guest.ask("room.sync", {"epoch": "", "afterSeq": 0}),
    ):
        assert reply["payload"]["type"] == "room/not-joined"
    assert guest.ask("ping")["payload"].keys() == {"serverTime"}
    assert guest.heard() == []

    host.ask("lobby.admit", _id(ben))

    result, welcome, *_ = guest.heard()
    assert (result["type"], result["payload"]) == ("lobby.result", {"admitted": True})
    assert welcome["type"] == "room.joined"
    assert welcome["payload"]["seq"] == 3
    assert "lobby" not in welcome["payload"]
    assert _row(closed_meeting, ben, "admission") == ("admitted",)
    assert guest.ask("chat.send", {"text": "thanks"})["type"] == "ack"


def test_of_a_decision_by_two_hosts_there_is_one(
    closed_meeting: Meeting, joined: Joined, socket: Socket
) -> None:
    ben = closed_meeting.person()
    ada, cat = (joined(closed_meeting.person(role)) for role in (Role.HOST, Role.COHOST))
    guest = socket()
    guest.join(ben)

    first, second = ada.ask("lobby.reject", _id(ben)), cat.ask("lobby.admit", _id(ben))

    assert (first["type"], second["payload"]["type"]) == ("ack", "lobby/already-decided")
    assert [frame["payload"] for frame in guest.heard()] == [
        {"admitted": False, "reason": "rejected"}
    ]
    again = socket()
    refused = again.join(ben)
    assert refused["payload"]["type"] == "lobby/rejected"
    assert 0 < refused["payload"]["retryAfterMs"] <= 60_000


def test_whoever_stops_waiting_is_no_longer_seen(
    closed_meeting: Meeting, joined: Joined, socket: Socket
) -> None:
    host, guest = joined(closed_meeting.person(Role.HOST)), socket()
    guest.join(closed_meeting.person())
    host.heard()

    reply = guest.ask("lobby.cancel")

    assert reply["type"] == "room.left"
    assert host.heard()[0]["payload"] == {"waiting": [], "count": 0}


def test_waiting_for_the_host_is_another_thing_than_waiting_for_approval(
    closed_meeting: Meeting, joined: Joined, socket: Socket
) -> None:
    guest = socket()
    early = guest.join(closed_meeting.person())

    host = joined(closed_meeting.person(Role.HOST))

    assert early["payload"]["waitingFor"] == "host"
    assert [frame["payload"]["waitingFor"] for frame in guest.heard()] == ["approval"]
    assert len(host.session["lobby"]) == 1


def test_a_ticket_is_good_for_one_join_also_once_its_owner_has_left(
    meeting: Meeting, socket: Socket
) -> None:
    ben, other = socket(), socket()
    ticket = meeting.person(account=False).ticket()
    for client in (ben, other):
        client.connect()
    first = ben.ask("room.join", {"roomToken": ticket})
    ben.ask("room.leave")

    again = [client.ask("room.join", {"roomToken": ticket}) for client in (ben, other)]

    assert first["type"] == "room.joined"
    assert [one["payload"]["type"] for one in again] == ["room/invalid-token"] * 2


def test_a_ticket_that_led_nowhere_may_be_shown_again(
    migrated: str, joined: Joined, socket: Socket
) -> None:
    meeting = a_meeting(migrated, max_participants=2)
    _, second = joined(meeting.person()), joined(meeting.person())
    third, ticket = socket(), meeting.person(account=False).ticket()
    third.connect()

    full = third.ask("room.join", {"roomToken": ticket})
    second.ask("room.leave")
    let_in = third.ask("room.join", {"roomToken": ticket})

    assert full["payload"]["type"] == "meeting/full"
    assert let_in["type"] == "room.joined"


def test_an_admission_outlives_redis(
    closed_meeting: Meeting, joined: Joined, socket: Socket, redis_url: str
) -> None:
    ben, eve = closed_meeting.person(), closed_meeting.person()
    host, guest, other = joined(closed_meeting.person(Role.HOST)), socket(), socket()
    guest.join(ben)
    other.join(eve)
    host.ask("lobby.admit", _id(ben))

    with sync_redis.Redis.from_url(redis_url) as client:
        client.flushall()

    assert socket().join(ben)["type"] == "room.joined"
    assert socket().join(eve)["type"] == "lobby.waiting"


def test_a_removed_person_is_never_in_again(
    meeting: Meeting, joined: Joined, socket: Socket, gateway: Gateway
) -> None:
    ben = meeting.person()
    old_ticket = ben.ticket()
    host, guest = joined(meeting.person(Role.HOST)), joined(ben)
    host.heard()

    host.ask("moderation.remove", {**_id(ben), "reason": "noise"})

    kicked, bye = guest.heard()
    assert kicked["payload"] == {
        "by": host.session["selfParticipant"]["participantId"],
        "reason": "noise",
    }
    assert bye["payload"] == {"reason": "removed", "action": "none"}
    assert guest.id in gateway.closed
    assert [f["payload"]["reason"] for f in host.heard() if f["type"] == "participant.left"] == [
        "removed"
    ]
    assert _row(meeting, ben, "generation, admission, role") == (1, "removed", "guest")
    ways = []
    for ask in (
        ("room.join", {"roomToken": old_ticket}),
        ("room.join", {"roomToken": ben.ticket()}),
        (
            "session.resume",
            {
                "resumeToken": guest.session["resumeToken"],
                "epoch": guest.session["epoch"],
                "lastSeq": 2,
            },
        ),
    ):
        fresh = socket()
        fresh.connect()
        fresh.ask("auth.authenticate", {"accessToken": ben.access_token()})
        ways.append(fresh.ask(*ask)["payload"]["type"])
    assert ways == ["room/invalid-token", "room/invalid-token", "room/session-expired"]
    ben.generation = 1
    assert socket().join(ben)["type"] == "lobby.waiting"


def test_a_banned_person_gets_nowhere(meeting: Meeting, joined: Joined, socket: Socket) -> None:
    ben = meeting.person()
    host = joined(meeting.person(Role.HOST))
    joined(ben)

    host.ask("moderation.remove", {**_id(ben), "ban": True})

    ben.generation = 1
    assert socket().join(ben)["payload"]["type"] == "meeting/forbidden"
    banned_at, banned_by = _row(meeting, ben, "banned_at, banned_by")
    assert banned_at
    assert banned_by == host.session["selfParticipant"]["participantId"]


def test_a_role_is_written_down(meeting: Meeting, joined: Joined) -> None:
    ben = meeting.person()
    host, guest = joined(meeting.person(Role.HOST)), joined(ben)

    host.ask("moderation.setRole", {**_id(ben), "role": "cohost"})

    assert _row(meeting, ben, "role") == ("cohost",)
    assert guest.ask("room.lock")["type"] == "ack"
    ((settings, version),) = meeting.rows(
        "SELECT settings, settings_version FROM meetings WHERE id = %(meeting)s"
    )
    assert (settings["locked"], version) == (True, 2)


def test_the_chair_is_handed_over_for_good(meeting: Meeting, joined: Joined) -> None:
    ada, ben = meeting.person(Role.HOST), meeting.person()
    host, guest = joined(ada), joined(ben)

    assert host.ask("host.transfer", _id(ben))["type"] == "ack"

    assert meeting.rows("SELECT host_id FROM meetings WHERE id = %(meeting)s") == [(ben.user_id,)]
    assert (_row(meeting, ada, "role"), _row(meeting, ben, "role")) == (("cohost",), ("host",))
    assert guest.ask("moderation.setRole", {**_id(ada), "role": "guest"})["type"] == "ack"


def test_a_locked_meeting_takes_back_those_who_were_in(
    meeting: Meeting, joined: Joined, socket: Socket
) -> None:
    ben = meeting.person()
    host, guest = joined(meeting.person(Role.HOST)), joined(ben)
    guest.ask("room.leave")

    host.ask("room.lock")

    assert socket().join(ben)["type"] == "room.joined"
    assert socket().join(meeting.person())["payload"]["type"] == "meeting/locked"


def test_whoever_comes_in_while_the_meeting_is_ended_does_not_open_it_again(
    meeting: Meeting, socket: Socket, environment: pytest.MonkeyPatch
) -> None:
    real = Journal.door

    async def ended_just_then(self: Journal, *whose: Any) -> Any:
        door = await real(self, *whose)
        meeting.execute("UPDATE meetings SET ended_at = now() WHERE id = %(meeting)s")
        return door

    environment.setattr(Journal, "door", ended_just_then)
    reply = socket().join(meeting.person(account=False))

    assert reply["payload"]["type"] == "meeting/ended"
    assert meeting.rows("SELECT count(*) FROM journal") == [(0,)]


def test_the_end_is_told_to_all_and_closes_everything(
    meeting: Meeting, joined: Joined, socket: Socket, gateway: Gateway, migrated: str
) -> None:
    meeting = a_meeting(migrated, access_type="restricted")
    host, guest = joined(meeting.person(Role.HOST)), socket()
    guest.join(meeting.person())

    reply = host.ask("room.end")

    assert reply["type"] == "ack"
    ended, bye = host.heard()[-2:]
    assert (ended["type"], bye["type"]) == ("room.ended", "session.closed")
    in_lobby, bye = guest.heard()
    assert (in_lobby["type"], bye["type"]) == ("room.ended", "session.closed")
    me = host.session["selfParticipant"]["participantId"]
    assert in_lobby["payload"] == ended["payload"] == {"by": me, "reason": "ended"}
    assert set(gateway.closed) == {host.id, guest.id}
    assert meeting.rows("SELECT ended_at IS NOT NULL FROM meetings WHERE id = %(meeting)s") == [
        (True,)
    ]
    assert meeting.rows(
        "SELECT ended_at IS NOT NULL FROM conferences WHERE meeting_id = %(meeting)s"
    ) == [(True,)]
    assert socket().join(meeting.person(Role.HOST))["payload"]["type"] == "meeting/ended"


def test_a_message_is_taken_back_everywhere(meeting: Meeting, joined: Joined) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    sent = ben.ask("chat.send", {"text": "oops"})["payload"]["id"]
    private = ben.ask(
        "chat.send", {"text": "oops", "to": ada.session["selfParticipant"]["participantId"]}
    )
    everyones, mine = (frame["payload"] for frame in ada.heard() if frame["type"] == "chat.message")

    denied = ada.ask("chat.delete", {"id": sent})
    done = ben.ask("chat.delete", {"id": sent})
    hidden = ben.ask("chat.delete", {"id": private["payload"]["id"]})
    unknown = ben.ask("chat.delete", {"id": "nothing"})

    assert ("to" in everyones, mine["to"]) == (
        False,
        ada.session["selfParticipant"]["participantId"],
    )
    assert denied["payload"]["type"] == "meeting/forbidden"
    assert (done["type"], hidden["type"]) == ("ack", "ack")
    assert unknown["payload"]["type"] == "chat/not-found"
    assert [frame["payload"]["id"] for frame in ada.heard()] == [sent, private["payload"]["id"]]
    assert meeting.rows("SELECT count(*) FROM journal WHERE payload::text LIKE '%%oops%%'") == [
        (0,)
    ]
    assert joined(meeting.person()).session["chat"] == []


# --- REST reaches the room


def _control(container: Container, method: str, *arguments: Any) -> None:
    container.do(lambda: runtime.run(getattr(room_control(), method)(*arguments)))


def test_rest_changes_reach_the_room(
    meeting: Meeting, joined: Joined, container: Container
) -> None:
    ben = meeting.person()
    host, guest = joined(meeting.person(Role.HOST)), joined(ben)
    host.heard()
    meeting.execute(CHAT_FOR_HOSTS)

    _control(container, "settings_changed", meeting.id)
    _control(container, "settings_changed", meeting.id)
    _control(container, "role_changed", meeting.id, ben.participant_id, "cohost")
    _control(container, "renamed", meeting.id, ben.participant_id, "Benjamin", None)

    (settled, role, name) = host.heard()
    assert settled["payload"] == {"version": 2, "patch": {"chat": "hosts"}, "by": None}
    assert role["payload"] == {**_id(ben), "role": "cohost", "by": None}
    assert name["payload"] == {**_id(ben), "patch": {"displayName": "Benjamin"}}
    assert meeting.rows("SELECT settings_version FROM meetings WHERE id = %(meeting)s") == [(2,)]
    _control(container, "end", meeting.id)
    assert _types(guest.heard())[-2:] == ["room.ended", "session.closed"]


def test_where_no_room_is_open_rest_changes_nothing(container: Container, gateway: Gateway) -> None:
    nowhere = MeetingId(new_id())

    _control(container, "end", nowhere)
    _control(container, "settings_changed", nowhere)

    assert gateway.posts == 0
