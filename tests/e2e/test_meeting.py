"""A meeting through the emulator: what two people who never met the code would see."""

import asyncio
import signal

import pytest
from websockets.exceptions import ConnectionClosed

from hub_core.kernel.roles import Role
from tests.e2e.client import Client, a_client
from tests.emulator import Emulator, StartEmulator
from tests.live.stage import Meeting


async def test_two_people_signal_chat_and_part(
    meeting: Meeting, start_emulator: StartEmulator
) -> None:
    emulator = start_emulator(RECONNECT_GRACE_SEC="1")
    async with a_client(emulator.socket_url) as ada, a_client(emulator.socket_url) as ben:
        first = await ada.join(meeting.person(Role.HOST, name="Ada"))
        second = await ben.join(meeting.person(name="Ben", account=False))
        me, you = (one["selfParticipant"]["participantId"] for one in (first, second))

        joined = await ada.event("participant.joined", participantId=you)
        await ada.ask("rtc.signal", {"to": you, "type": "offer", "sdp": "v=0\r\no=ada\r\n"})
        offer = await ben.event("rtc.signal", type="offer")
        await ben.ask("rtc.signal", {"to": me, "type": "answer", "sdp": "v=0\r\no=ben\r\n"})
        answer = await ada.event("rtc.signal", type="answer")
        acks = [
            await who.ask("chat.send", {"text": text}) for who, text in ((ada, "a"), (ben, "b"))
        ]
        for client in (ada, ben):
            await client.event("chat.message", text="b")
        await ben.cut()
        lost = await ada.event("participant.connection", participantId=you, state="lost")
        left = await ada.event("participant.left", participantId=you, reason="lost")

        assert (offer["payload"]["from"], answer["payload"]["from"]) == (me, you)
        assert [ack["payload"]["seq"] for ack in acks] == [joined["seq"] + 1, joined["seq"] + 2]
        assert [event["seq"] for event in ada.events()] == list(
            range(joined["seq"], left["seq"] + 1)
        )
        assert lost["seq"] == left["seq"] - 1


async def test_people_on_two_nodes_share_a_meeting(
    meeting: Meeting, start_emulator: StartEmulator
) -> None:
    one = start_emulator()
    other = start_emulator(**one.shared)
    async with a_client(one.socket_url) as ada, a_client(other.socket_url) as ben:
        await ada.join(meeting.person())
        me = (await ben.join(meeting.person()))["selfParticipant"]["participantId"]

        await ada.event("participant.joined", participantId=me)
        await ada.ask("chat.send", {"text": "from one node"})
        await ben.ask("chat.send", {"text": "from the other"})

        for client in (ada, ben):
            await client.event("chat.message", text="from one node")
            await client.event("chat.message", text="from the other")
        await ada.ask("rtc.signal", {"to": me, "type": "offer", "sdp": "v=0"})
        assert await ben.event("rtc.signal", type="offer")


async def test_what_was_acknowledged_survives_the_death_of_everything(
    meeting: Meeting, start_emulator: StartEmulator
) -> None:
    emulator = start_emulator()
    person = meeting.person()
    async with a_client(emulator.socket_url) as ada:
        await ada.join(person)
        burst = [asyncio.create_task(_chat(ada, f"message {n}")) for n in range(60)]
        await ada.event("ack")

        emulator.process.send_signal(signal.SIGKILL)
        await ada.closed.wait()
        acknowledged = {ack["payload"]["id"] for ack in await asyncio.gather(*burst) if ack}

    start_emulator()
    stored = {id_ for (id_,) in meeting.rows("SELECT id FROM journal WHERE type = 'chat.message'")}
    assert acknowledged
    assert acknowledged <= stored


async def _chat(client: Client, text: str) -> dict[str, dict[str, str]] | None:
    try:
        reply = await client.ask("chat.send", {"text": text})
    except (AssertionError, ConnectionClosed):
        return None  # it was not acknowledged: nothing was promised
    return reply if reply["type"] == "ack" else None


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        ("not JSON", "message/malformed"),
        ({"type": "no.such"}, "message/unknown-type"),
        ({"type": "chat.send"}, "validation/invalid"),
    ],
)
async def test_bad_input_is_answered_and_the_socket_stays(
    frame: object, kind: str, meeting: Meeting, emulator: Emulator
) -> None:
    async with a_client(emulator.socket_url) as ada:
        await ada.join(meeting.person())

        await ada.send(frame)

        error = await ada.event("error")
        assert error["payload"]["type"] == kind
        assert (await ada.ask("ping"))["type"] == "pong"


async def test_tickets_of_others_and_of_yesterday_are_refused(
    meeting: Meeting, start_emulator: StartEmulator
) -> None:
    emulator = start_emulator(ROOM_TOKEN_TTL_SEC="3600")
    ada, ben = meeting.person(), meeting.person()
    async with a_client(emulator.socket_url) as client:
        said = {"accessToken": ada.access_token()}
        assert (await client.ask("auth.authenticate", said))["type"] == "auth.ok"

        refused = [
            await client.ask("room.join", {"roomToken": token})
            for token in (ben.ticket(), ada.access_token(), ada.ticket()[:-4], ada.ticket(gen=1))
        ]

        assert {reply["payload"]["type"] for reply in refused} == {"room/invalid-token"}
        assert meeting.rows("SELECT count(*) FROM journal") == [(0,)]


async def test_a_frame_of_40_kilobytes_ends_the_connection(
    meeting: Meeting, emulator: Emulator
) -> None:
    async with a_client(emulator.socket_url) as ada:
        await ada.join(meeting.person())

        await ada.send({"type": "chat.send", "payload": {"text": "x" * 40_000}})

        await ada.closed.wait()
        assert ada.socket.close_code == 1009
    assert meeting.rows("SELECT count(*) FROM journal WHERE type = 'chat.message'") == [(0,)]


async def test_whoever_says_nothing_is_closed(start_emulator: StartEmulator) -> None:
    emulator = start_emulator(AUTH_TIMEOUT_SEC="1")
    async with a_client(emulator.socket_url) as nobody:
        bye = await nobody.event("session.closed")

        assert bye["payload"] == {"reason": "unauthenticated", "action": "none"}
        await nobody.closed.wait()
