"""The socket functions, called as Lambda calls them, on real data stores."""

from collections.abc import Callable
from typing import Any

import pytest

from hub_core.kernel.errors import Unavailable
from hub_core.kernel.roles import Role
from hub_core.live.dispatch import Dispatch
from tests.live.stage import Client, Meeting

Joined = Callable[..., Client]
Socket = Callable[[], Client]


def test_two_people_meet(meeting: Meeting, joined: Joined) -> None:
    ada = joined(meeting.person(Role.HOST, name="Ada"))

    ben = joined(meeting.person(name="Ben", account=False), device={"mic": "on"})

    (news,) = ada.heard()
    assert (news["type"], news["seq"], news["epoch"]) == (
        "participant.joined",
        2,
        ada.session["epoch"],
    )
    assert news["payload"] == ben.session["selfParticipant"]
    assert news["payload"]["displayName"] == "Ben"
    assert news["payload"]["mediaState"] == {"mic": "on", "cam": "off", "screen": "off"}
    assert [peer["displayName"] for peer in ben.session["peers"]] == ["Ada"]
    assert (ben.session["seq"], ben.session["graceMs"]) == (2, 30_000)
    assert ben.heard() == []  # its own joining is in the snapshot


def test_chat_reaches_everybody_and_is_stored_before_it_is_acknowledged(
    meeting: Meeting, joined: Joined
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person(name="Ben"))
    ada.heard()

    ack = ben.ask("chat.send", {"text": "Hello", "clientMsgId": "m1"})

    assert ack["type"] == "ack"
    assert ack["payload"]["seq"] == 3
    ((payload, seq),) = meeting.rows(
        "SELECT payload, seq FROM journal WHERE id = %(id)s", id=ack["payload"]["id"]
    )
    for heard in (ada.heard(), ben.heard()):
        assert [(frame["type"], frame["seq"]) for frame in heard] == [("chat.message", seq)]
        assert heard[0]["payload"] == payload
    assert payload["text"] == "Hello"
    assert payload["sender"]["displayName"] == "Ben"


def test_an_offer_goes_to_its_target_alone(meeting: Meeting, joined: Joined) -> None:
    ada, ben, eve = (joined(meeting.person()) for _ in range(3))
    for client in (ada, ben, eve):
        client.heard()
    target = ben.session["selfParticipant"]["participantId"]

    ack = ada.ask("rtc.signal", {"to": target, "type": "offer", "sdp": "v=0\r\n", "n": 1})

    assert ack == {"type": "ack", "requestId": ack["requestId"], "payload": {}}
    (offer,) = ben.heard()
    assert offer["type"] == "rtc.signal"
    assert offer["payload"] == {
        "from": ada.session["selfParticipant"]["participantId"],
        "type": "offer",
        "sdp": "v=0\r\n",
        "n": 1,
    }
    assert (ada.heard(), eve.heard()) == ([], [])


def test_a_dropped_connection_is_lost_at_once(meeting: Meeting, joined: Joined) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    ada.heard()

    ben.hang_up()

    (news,) = ada.heard()
    assert news["type"] == "participant.connection"
    assert news["payload"] == {
        "participantId": ben.session["selfParticipant"]["participantId"],
        "state": "lost",
    }


def test_whoever_leaves_is_out_at_once_and_may_say_so_twice(
    meeting: Meeting, joined: Joined
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    ada.heard()
    leave = {"type": "room.leave", "requestId": "bye"}

    first, second = ben.say(leave), ben.say(leave)

    assert first == second == [{"type": "room.left", "requestId": "bye", "payload": {}}]
    (news,) = ada.heard()
    assert (news["type"], news["payload"]["reason"]) == ("participant.left", "left")
    assert ben.ask("chat.send", {"text": "still here"})["payload"]["type"] == "room/not-joined"


def test_a_repeated_request_gets_the_same_reply_and_has_no_second_effect(
    meeting: Meeting, joined: Joined
) -> None:
    ada = joined(meeting.person())
    say = {"type": "chat.send", "requestId": "7", "payload": {"text": "once"}}

    first, second = ada.say(say), ada.say(say)

    assert [frame["type"] for frame in first] == ["chat.message", "ack"]
    assert second == first[1:]
    assert meeting.rows("SELECT count(*) FROM journal WHERE type = 'chat.message'") == [(1,)]


def test_a_repeated_join_gets_the_same_session(meeting: Meeting, socket: Socket) -> None:
    guest, client = meeting.person(account=False), socket()
    client.connect()
    join = {"type": "room.join", "requestId": "j", "payload": {"roomToken": guest.ticket()}}

    first, second = client.say(join), client.say(join)

    assert first == second
    assert first[0]["payload"]["resumeToken"].startswith(f"{meeting.id}.{guest.participant_id}.")
    assert meeting.rows("SELECT count(*) FROM journal") == [(1,)]


def test_a_ping_is_answered_in_a_room_and_outside(
    meeting: Meeting, joined: Joined, socket: Socket
) -> None:
    inside, outside = joined(meeting.person()), socket()
    outside.connect()

    there, elsewhere = inside.ask("ping"), outside.ask("ping")

    assert there["payload"]["headSeq"] == 1
    assert there["payload"]["epoch"] == inside.session["epoch"]
    assert elsewhere["payload"].keys() == {"serverTime"}


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        ("", "message/malformed"),
        ("hello", "message/malformed"),
        ("[]", "message/malformed"),
        ('{"type": 7}', "message/malformed"),
        ("[" * 20_000, "message/malformed"),
        ('{"type": "chat.send", "payload": {"text": "\\ud800"}}', "message/malformed"),
        ({"type": "room.explode"}, "message/unknown-type"),
        ({"type": "$connect"}, "message/unknown-type"),
        ({"type": "(enter)"}, "message/unknown-type"),
        ({"type": "chat.send"}, "validation/invalid"),
        ({"type": "chat.send", "payload": []}, "validation/invalid"),
        ({"type": "chat.send", "payload": {"text": "a\x00b"}}, "validation/invalid"),
        ({"type": "chat.send", "payload": {"text": "x" * 2001}}, "validation/invalid"),
        ({"type": "ping", "requestId": 7}, "validation/invalid"),
        ({"type": "ping", "requestId": "x" * 65}, "validation/invalid"),
        ({"type": "chat.send", "payload": {"text": "hi"}}, "room/not-joined"),
        ({"type": "room.join", "payload": {"roomToken": "x"}}, "room/invalid-token"),
        ({"type": "auth.authenticate", "payload": {"accessToken": "é"}}, "auth/invalid-token"),
        ({"type": "ping", "payload": {"x": "y" * 40_000}}, "request/too-large"),
    ],
)
def test_bad_input_gets_one_error_and_the_socket_goes_on(
    frame: object, kind: str, socket: Socket
) -> None:
    client = socket()
    client.connect()

    (error,) = client.say(frame)

    assert (error["type"], error["payload"]["type"]) == ("error", kind)
    assert error["payload"]["instance"] if kind.startswith("message") else True
    assert client.ask("ping")["type"] == "pong"


def test_a_request_without_a_type_is_answered_by_its_name(socket: Socket) -> None:
    client = socket()
    client.connect()

    (error,) = client.say({"requestId": "7", "type": None})

    assert (error["requestId"], error["payload"]["type"]) == ("7", "message/malformed")


def test_a_goodbye_ends_well_though_the_room_cannot_be_told(
    meeting: Meeting, joined: Joined, environment: pytest.MonkeyPatch
) -> None:
    async def too_much(*_: Any) -> None:
        raise Unavailable

    client = joined(meeting.person())
    environment.setattr(Dispatch, "dropped", too_much)

    client.hang_up()  # a function that fails is counted among the defects


def test_a_request_may_have_an_empty_name(meeting: Meeting, joined: Joined) -> None:
    ada = joined(meeting.person())

    for _ in range(2):
        ada.say({"type": "chat.send", "requestId": "", "payload": {"text": "hi"}})

    assert meeting.rows("SELECT count(*) FROM journal WHERE type = 'chat.message'") == [(1,)]
