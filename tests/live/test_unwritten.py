"""What goes on in a room while nothing can be written down."""

from collections.abc import Callable

from hub_core.kernel.roles import Role
from tests.live.stage import Client, Meeting, a_meeting, nothing_can_be_written_down

Joined = Callable[..., Client]
Socket = Callable[[], Client]


def test_a_signal_needs_nothing_written_down(
    meeting: Meeting, joined: Joined, migrated: str
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    offer = {
        "to": ben.session["selfParticipant"]["participantId"],
        "type": "offer",
        "sdp": "v=0",
    }

    with nothing_can_be_written_down(migrated):
        said = ada.ask("chat.send", {"text": "hello?"})
        signalled, pong = ada.ask("rtc.signal", offer), ben.ask("ping")

    assert said["payload"]["type"] == "server/unavailable"
    assert (signalled["type"], pong["type"]) == ("ack", "pong")
    assert "rtc.signal" in [frame["type"] for frame in ben.heard()]


def test_hosts_see_who_knocks_also_if_that_is_written_down_later(
    joined: Joined, socket: Socket, migrated: str
) -> None:
    meeting = a_meeting(migrated, access_type="restricted")
    host, eve, guest = joined(meeting.person(Role.HOST)), meeting.person(), socket()
    guest.connect()
    guest.ask("auth.authenticate", {"accessToken": eve.access_token()})
    host.heard()

    with nothing_can_be_written_down(migrated):
        refused = guest.ask("room.join", {"roomToken": eve.ticket()})

    assert refused["payload"]["type"] == "server/unavailable"
    (news,) = [frame for frame in host.heard() if frame["type"] == "lobby.changed"]
    assert [one["participantId"] for one in news["payload"]["waiting"]] == [eve.participant_id]


def test_a_private_message_that_was_refused_and_sent_again_waits_once(
    meeting: Meeting, joined: Joined, migrated: str, socket: Socket
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    ben.hang_up()
    to = ben.session["selfParticipant"]["participantId"]
    message = {"text": "psst", "to": to, "clientMsgId": "1"}

    with nothing_can_be_written_down(migrated):
        refused = ada.ask("chat.send", message)
    ack = ada.ask("chat.send", message)
    while ack["type"] == "error":  # it was being worked on, for four seconds
        ack = ada.ask("chat.send", message)

    assert refused["payload"]["type"] == "server/unavailable"
    again = socket()
    again.connect()
    token = ben.session["resumeToken"]
    again.ask("session.resume", {"resumeToken": token, "epoch": ben.session["epoch"], "lastSeq": 2})
    waited = [frame["payload"]["id"] for frame in again.heard() if frame["type"] == "chat.message"]
    assert waited == [ack["payload"]["id"]]
