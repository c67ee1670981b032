"""Coming back: over another connection, after a gap, and after Redis has lost everything."""

from collections.abc import Callable
from typing import Any

import pytest
import redis as sync_redis

from hub_core.adapters import runtime
from hub_core.kernel.roles import Role
from hub_core.live.answers import Request
from hub_core.live.dispatch import someone
from hub_core.live.house import house
from hub_core.live.store import RoomStore
from hub_core.rooms.deciding import Now, decide
from hub_core.rooms.rules.presence import LeaveRoom
from tests.container import Container
from tests.live.gateway import Gateway
from tests.live.stage import Client, Meeting

Joined = Callable[..., Client]
Socket = Callable[[], Client]


def _resume(client: Client, socket: Socket, seq: int | None = None, **other: Any) -> Any:
    """A new connection that takes the session of `client` over; the reply."""
    fresh = socket()
    fresh.connect()
    asked = {
        "resumeToken": client.session["resumeToken"],
        "epoch": client.session["epoch"],
        "lastSeq": client.session["seq"] if seq is None else seq,
        **other,
    }
    return fresh, fresh.ask("session.resume", asked)


def test_a_resume_brings_exactly_what_was_missed(
    meeting: Meeting, joined: Joined, socket: Socket
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    ben.hang_up()
    ada.ask("chat.send", {"text": "one"})
    ada.ask("hand.raise")
    seen = ada.heard()

    back, reply = _resume(ben, socket)

    assert reply["type"] == "session.resumed"
    assert reply["payload"]["recovered"]
    restored = ada.heard()
    assert [frame["type"] for frame in restored] == ["participant.connection"]
    events = reply["payload"]["events"]
    assert events == [frame for frame in [*seen, *restored] if frame["seq"] > ben.session["seq"]]
    assert back.heard() == restored
    assert back.ask("chat.send", {"text": "back"})["type"] == "ack"


def test_a_take_over_is_noticed_by_nobody_else(
    meeting: Meeting, joined: Joined, socket: Socket, gateway: Gateway
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    ada.heard()

    back, reply = _resume(ben, socket)

    assert reply["payload"]["events"] == []
    assert [frame["type"] for frame in ben.heard()] == ["connection.replaced", "session.closed"]
    assert gateway.closed == [ben.id]
    ben.hang_up()
    assert ada.heard() == []
    ada.ask("chat.send", {"text": "to the new one"})
    assert [frame["type"] for frame in back.heard()] == ["chat.message"]


def test_the_old_connection_says_nothing_any_more(
    meeting: Meeting, joined: Joined, socket: Socket, gateway: Gateway
) -> None:
    ben = joined(meeting.person())
    _resume(ben, socket)
    gateway.gone.discard(ben.id)  # it is slow to close

    reply = ben.ask("chat.send", {"text": "late"})

    assert reply["payload"]["type"] == "room/not-joined"


@pytest.mark.parametrize(("epoch", "seq"), [("another", 1), (None, 99), (None, 0)])
def test_a_cursor_that_does_not_fit_gets_the_room_as_it_is(
    epoch: str | None, seq: int, meeting: Meeting, joined: Joined, socket: Socket
) -> None:
    ada = joined(meeting.person(Role.HOST, name="Ada"))
    ada.ask("chat.send", {"text": "hello"})
    other = {"epoch": epoch} if epoch else {}

    _, reply = _resume(ada, socket, seq, **other)

    if (epoch, seq) == (None, 0):  # the whole log is there, from its beginning
        assert reply["payload"]["recovered"]
        assert [event["seq"] for event in reply["payload"]["events"]] == [1, 2]
        return
    assert not reply["payload"]["recovered"]
    snapshot = reply["payload"]["snapshot"]
    assert (snapshot["epoch"], snapshot["seq"]) == (ada.session["epoch"], 2)
    assert [one["displayName"] for one in snapshot["participants"]] == ["Ada"]
    assert [message["text"] for message in snapshot["chat"]] == ["hello"]


def test_a_resume_token_works_twice_and_its_grandparent_never(
    meeting: Meeting, joined: Joined, socket: Socket
) -> None:
    ada = joined(meeting.person())

    _, first = _resume(ada, socket)
    _, retried = _resume(ada, socket)
    second = first["payload"]["resumeToken"]
    _, next_one = _resume(ada, socket, resumeToken=second)
    _, old = _resume(ada, socket)

    assert retried["payload"]["resumeToken"] == second
    assert next_one["type"] == "session.resumed"
    assert old["payload"]["type"] == "room/session-expired"


def test_a_forged_resume_token_changes_nothing(
    meeting: Meeting, joined: Joined, socket: Socket
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    ada.heard()
    *said, _ = ben.session["resumeToken"].split(".")
    theirs = ada.session["resumeToken"].rpartition(".")[2]

    for token in ("", "x", "é", f"{'.'.join(said)}.{theirs}", ben.session["resumeToken"][:-1]):
        _, reply = _resume(ben, socket, resumeToken=token)
        assert reply["payload"]["type"] == "room/session-expired"

    assert (ada.heard(), ben.heard()) == ([], [])


def test_no_token_lies_in_redis(
    meeting: Meeting, joined: Joined, socket: Socket, redis_url: str
) -> None:
    ada = joined(meeting.person())
    _, reply = _resume(ada, socket)

    with sync_redis.Redis.from_url(redis_url) as client:
        held = b"".join(client.dump(key) or b"" for key in client.scan_iter())

    for token in (ada.session["resumeToken"], reply["payload"]["resumeToken"]):
        assert token.rpartition(".")[2].encode() not in held


def test_signals_wait_for_somebody_who_is_lost(
    meeting: Meeting, joined: Joined, socket: Socket
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    target = ben.session["selfParticipant"]["participantId"]
    ben.hang_up()

    for n in (1, 2):
        offer = {"to": target, "type": "offer", "sdp": f"v=0\r\n{n}", "n": n}
        assert ada.ask("rtc.signal", offer)["type"] == "ack"
    back, _ = _resume(ben, socket)

    signals = [frame["payload"]["n"] for frame in back.heard() if frame["type"] == "rtc.signal"]
    assert signals == [1, 2]


def test_what_waits_is_had_though_the_answer_of_redis_is_lost(
    meeting: Meeting, joined: Joined, socket: Socket, environment: pytest.MonkeyPatch
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    target = ben.session["selfParticipant"]["participantId"]
    ben.hang_up()
    ada.ask("rtc.signal", {"to": target, "type": "offer", "sdp": "v=0"})
    real = RoomStore._run

    async def sent_twice(self: RoomStore, script: str, *what: Any) -> Any:
        """As the client of Redis does when it waits in vain."""
        if script == "collect":
            await real(self, script, *what)
        return await real(self, script, *what)

    environment.setattr(RoomStore, "_run", sent_twice)
    back, _ = _resume(ben, socket)

    assert "rtc.signal" in [frame["type"] for frame in back.heard()]


@pytest.mark.parametrize("noticed", [True, False], ids=["lost", "gone and nobody knows"])
def test_a_private_message_waits_too_and_is_said_once(
    noticed: bool,  # noqa: FBT001 (pytest hands it in)
    meeting: Meeting,
    joined: Joined,
    socket: Socket,
    gateway: Gateway,
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    to = ben.session["selfParticipant"]["participantId"]
    if noticed:
        ben.hang_up()
    gateway.gone.add(ben.id)

    ack = ada.ask("chat.send", {"text": "psst", "to": to})
    back, _ = _resume(ben, socket)

    private = [frame["payload"] for frame in back.heard() if frame["type"] == "chat.message"]
    assert [message["id"] for message in private] == [ack["payload"]["id"]]
    assert meeting.rows("SELECT count(*) FROM journal WHERE type = 'chat.message'") == [(1,)]


def test_a_signal_that_finds_the_connection_gone_waits_too(
    meeting: Meeting, joined: Joined, socket: Socket, gateway: Gateway
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    gateway.gone.add(ben.id)  # and $disconnect never comes

    offer = {"to": ben.session["selfParticipant"]["participantId"], "type": "offer", "sdp": "v=0"}
    assert ada.ask("rtc.signal", offer)["type"] == "ack"
    told = [f["payload"]["state"] for f in ada.heard() if f["type"] == "participant.connection"]
    back, _ = _resume(ben, socket)

    assert told == ["lost"]
    assert "rtc.signal" in [frame["type"] for frame in back.heard()]


def test_a_signal_waits_also_for_somebody_of_whom_nobody_noted_where_it_sits(
    *, meeting: Meeting, joined: Joined, socket: Socket, gateway: Gateway, redis_url: str
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    gateway.gone.add(ben.id)
    with sync_redis.Redis.from_url(redis_url) as client:  # whoever let it in died then
        client.hdel(f"connection:{{{ben.id}}}", "meeting", "participant", "session")

    signal = {"to": ben.session["selfParticipant"]["participantId"], "type": "ice"}
    reply = ada.ask("rtc.signal", {**signal, "candidate": None})
    back, _ = _resume(ben, socket)

    assert reply["type"] == "ack"
    assert "rtc.signal" in [frame["type"] for frame in back.heard()]


def test_a_gap_is_filled_whole(meeting: Meeting, joined: Joined) -> None:
    ada = joined(meeting.person())
    for n in range(3):
        ada.ask("chat.send", {"text": str(n)})
    seen = ada.heard()

    gap = ada.ask("room.sync", {"epoch": ada.session["epoch"], "afterSeq": 2})
    other = ada.ask("room.sync", {"epoch": "another", "afterSeq": 2})

    assert gap["type"] == "room.events"
    assert gap["payload"]["events"] == seen[1:]
    assert other["type"] == "room.snapshot"
    assert other["payload"]["seq"] == 4


def test_a_gap_that_fits_no_frame_is_answered_with_the_room(
    meeting: Meeting, joined: Joined
) -> None:
    ada = joined(meeting.person())
    for n in range(20):
        ada.ask("chat.send", {"text": f"{n:02}" + "x" * 1_990})

    reply = ada.ask("room.sync", {"epoch": ada.session["epoch"], "afterSeq": 1})

    assert reply["type"] == "room.snapshot"
    texts = [message["text"][:2] for message in reply["payload"]["chat"]]
    assert texts == [f"{n:02}" for n in range(20 - len(texts), 20)]
    assert len(texts) > 3


def test_after_redis_has_lost_everything_people_come_back_and_nobody_else(
    meeting: Meeting, joined: Joined, socket: Socket, redis_url: str
) -> None:
    ada, ben, eve = (joined(meeting.person()) for _ in range(3))
    ada.ask("chat.send", {"text": "before"})
    eve.ask("room.leave")
    with sync_redis.Redis.from_url(redis_url) as client:
        client.flushall()

    assert ada.ask("ping")["payload"].keys() == {"serverTime"}
    back, reply = _resume(ada, socket)
    _, after = _resume(ben, socket)
    _, gone = _resume(eve, socket)

    assert not reply["payload"]["recovered"]
    assert reply["payload"]["snapshot"]["epoch"] != ada.session["epoch"]
    assert [m["text"] for m in reply["payload"]["snapshot"]["chat"]] == ["before"]
    assert len(after["payload"]["snapshot"]["participants"]) == 2
    assert gone["payload"]["type"] == "room/session-expired"
    assert back.ask("chat.send", {"text": "after"})["type"] == "ack"


def test_whoever_left_has_left_though_nobody_has_written_it_down_yet(
    *, meeting: Meeting, joined: Joined, socket: Socket, container: Container, redis_url: str
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    ada.heard()

    async def leave_and_die() -> None:
        dispatch = house().dispatch
        room = await dispatch.rooms.load(meeting.id)
        assert room
        me = someone(ben.session["selfParticipant"]["participantId"])(room)
        now = Now(dispatch.clock(), dispatch.mint, 30)
        await dispatch.rooms.commit(decide(LeaveRoom(), room, me, now), Request(), "dead")

    container.do(lambda: runtime.run(leave_and_die()))
    with sync_redis.Redis.from_url(redis_url) as client:
        client.delete(f"room:{{{meeting.id}}}:pump")
    _, reply = _resume(ben, socket)

    assert reply["payload"]["type"] == "room/session-expired"
    assert [frame["type"] for frame in ada.heard()] == ["participant.left"]


@pytest.mark.parametrize(("minutes", "told"), [(100, []), (116, ["connection.expiring"])])
def test_in_its_last_minutes_a_connection_is_told_so(
    minutes: int, told: list[str], socket: Socket
) -> None:
    client = socket()
    client.connect()
    client.connected_sec_ago = minutes * 60

    client.ask("ping")

    warnings = client.heard()
    assert [frame["type"] for frame in warnings] == told
    for warning in warnings:
        assert 230_000 < warning["payload"]["reconnectWithinMs"] <= 240_000
