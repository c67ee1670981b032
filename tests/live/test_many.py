"""Many people, many frames: what is sent fits, and nobody waits for somebody who does not read."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from typing import Any

import orjson
import pytest
import redis as sync_redis

from hub_core.adapters import runtime
from hub_core.kernel.errors import Invalid
from hub_core.kernel.ids import ConnectionId, ParticipantId
from hub_core.kernel.roles import Role
from hub_core.live.answers import Committed, Entry, Request
from hub_core.live.fan_out import FanOut
from hub_core.live.frames import LARGEST_FRAME, batched, read_command, refusal
from hub_core.live.house import house
from hub_core.live.pump import AT_ONCE, _tick
from hub_core.rooms.changes import ParticipantLeft
from hub_core.rooms.deciding import Now, decide
from hub_core.rooms.room import Position, Room
from hub_core.rooms.rules.chat import SendChat
from hub_core.rooms.rules.presence import JoinRoom
from tests.container import Container
from tests.live.gateway import Gateway
from tests.live.stage import Client, Meeting, a_meeting
from tests.rooms.stage import a_room, someone

Joined = Callable[..., Client]


def test_the_roster_of_a_big_room_comes_in_frames_that_fit(
    migrated: str, joined: Joined, gateway: Gateway
) -> None:
    meeting = a_meeting(migrated, max_participants=200)
    for number in range(90):
        joined(
            meeting.person(account=False, name=f"Somebody with a long name {number:03} " + "é" * 20)
        )

    last = joined(meeting.person(Role.HOST))

    parts = [frame for frame in last.heard() if frame["type"] == "snapshot.part"]
    assert last.session["parts"] == len(parts) >= 1
    names = [
        one["displayName"]
        for some in (last.session["peers"], *(part["payload"]["participants"] for part in parts))
        for one in some
    ]
    assert len(set(names)) == 90
    assert {part["payload"]["seq"] for part in parts} == {last.session["seq"]} == {91}
    assert max(gateway.sizes) <= LARGEST_FRAME


def test_a_lobby_full_of_long_pictures_keeps_no_host_out(
    migrated: str, joined: Joined, socket: Callable[[], Client], gateway: Gateway
) -> None:
    meeting = a_meeting(migrated, lobby=True)
    picture = f"https://pictures.test/{'a' * 2_000}"
    for _ in range(20):
        guest = meeting.person()
        meeting.rows(
            "UPDATE users SET avatar_url = %(url)s WHERE id = %(id)s RETURNING id",
            url=picture,
            id=guest.user_id,
        )
        socket().join(guest)

    host = joined(meeting.person(Role.HOST))
    socket().join(meeting.person())
    (news,) = host.heard()

    assert 0 < len(host.session["lobby"]) < 20
    assert 0 < len(news["payload"]["waiting"]) < news["payload"]["count"] == 21
    assert max(gateway.sizes) <= LARGEST_FRAME


def test_who_comes_back_to_a_big_room_gets_it_in_frames_that_fit(
    migrated: str,
    joined: Joined,
    socket: Callable[[], Client],
    gateway: Gateway,
    environment: pytest.MonkeyPatch,
) -> None:
    urls = (f"turn:relay-{n}.a-long-name-for-a-domain.example:3478" for n in range(40))
    environment.setenv("TURN_URLS", ",".join(urls))
    environment.setenv("TURN_SECRET", "a secret of the relay")
    meeting = a_meeting(migrated, max_participants=200)
    ada, *_ = [joined(meeting.person(account=False, name="é" * 60)) for _ in range(90)]

    for _ in range(3):
        ada.ask("chat.send", {"text": "語" * 1_200})

    back = socket()
    back.connect()
    asked = {"resumeToken": ada.session["resumeToken"], "epoch": "another", "lastSeq": 0}
    reply = back.ask("session.resume", asked)

    assert reply["payload"]["snapshot"]["parts"] >= 1
    assert max(gateway.sizes) <= LARGEST_FRAME


def test_of_thousands_of_faults_the_first_are_told() -> None:
    with pytest.raises(Invalid) as refused:
        read_command(JoinRoom, {"roomToken": "x", "features": [1] * 9_000})

    told = refused.value.errors
    assert told
    assert [fault.pointer for fault in told[:2]] == ["/payload/features/0", "/payload/features/1"]
    assert len(refusal("1" * 64, refused.value, "a request id")) < LARGEST_FRAME


def test_reactions_of_a_big_room_come_in_numbers(meeting: Meeting, joined: Joined) -> None:
    people = [joined(meeting.person(account=False)) for _ in range(21)]
    for one in people:
        one.heard()

    for one in people[:3]:
        one.say({"type": "reaction.send", "payload": {"type": "heart"}})

    heard = people[-1].heard()
    assert {frame["type"] for frame in heard} == {"reaction.batch"}
    assert sum(frame["payload"]["counts"]["heart"] for frame in heard) == 3


def test_of_thousands_of_reactions_the_most_frequent_are_told(
    meeting: Meeting, joined: Joined, gateway: Gateway, redis_url: str
) -> None:
    people = [joined(meeting.person(account=False)) for _ in range(21)]
    many = {f"{'🎉' * 28}{n:04}": 1 for n in range(500)}
    with sync_redis.Redis.from_url(redis_url) as client:
        client.hset(f"room:{{{meeting.id}}}:tally:reaction.batch", mapping={**many, "heart": 2})
    gateway.sizes.clear()

    people[0].say({"type": "reaction.send", "payload": {"type": "heart"}})

    counts = people[-1].heard()[-1]["payload"]["counts"]
    assert max(gateway.sizes) <= LARGEST_FRAME
    assert counts["heart"] == 3
    assert len(counts) > 100


@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_a_batch_is_the_same_frames_in_fewer(count: int) -> None:
    frames = [
        orjson.dumps({"type": "x", "seq": n, "payload": {"text": "x" * 200}}) for n in range(count)
    ]

    batches = batched(frames)

    assert all(len(batch) <= LARGEST_FRAME for batch in batches)
    unpacked: list[Any] = []
    for batch in map(json.loads, batches):
        unpacked += batch["payload"]["events"] if batch["type"] == "batch" else [batch]
    assert unpacked == [json.loads(frame) for frame in frames]
    assert len(batches) == {0: 0, 1: 1, 2: 1, 500: 4}[count]


def test_who_takes_batches_gets_what_piled_up_in_one(
    meeting: Meeting, joined: Joined, container: Container
) -> None:
    plain = joined(meeting.person(Role.HOST))
    others = [joined(meeting.person(account=False), device={"mic": "on"}) for _ in range(3)]
    modern = joined(meeting.person(account=False), features=["batch"])
    for one in (plain, modern):
        one.heard()

    plain.ask("moderation.muteAll")

    changes = [frame for frame in plain.heard() if frame["type"] == "media.changed"]
    (batch,) = modern.heard()
    assert len(changes) == len(others)
    assert batch == {"type": "batch", "payload": {"events": changes}}


def test_what_is_said_at_once_in_a_big_room_shares_frames(
    meeting: Meeting,
    joined: Joined,
    gateway: Gateway,
    containers: Callable[[int], list[Container]],
) -> None:
    people = [joined(meeting.person(account=False), features=["batch"]) for _ in range(51)]
    for one in people:
        one.heard()
    boxes = containers(5)
    before = gateway.posts

    with ThreadPoolExecutor(len(boxes)) as threads:
        for box, who in zip(boxes, people, strict=False):
            speaking = Client(box, gateway, id=who.id)
            for n in range(3):
                threads.submit(speaking.say, {"type": "chat.send", "payload": {"text": str(n)}})

    frames = people[-1].heard()
    events = [e for f in frames for e in (f["payload"]["events"] if f["type"] == "batch" else [f])]
    assert [event["seq"] for event in events] == list(range(52, 67))
    assert gateway.posts - before < 51 * 15 / 2


def test_what_comes_while_a_round_goes_out_waits_for_others_too(
    meeting: Meeting, joined: Joined, container: Container
) -> None:
    people = [joined(meeting.person(account=False), features=["batch"]) for _ in range(51)]
    speaker = ParticipantId(people[0].session["selfParticipant"]["participantId"])
    ticks: list[float] = []

    async def two_rounds() -> None:
        dispatch = house().dispatch
        pump = dispatch.delivery.pump

        async def say() -> Room:
            room = await dispatch.rooms.load(meeting.id)
            assert room
            now = Now(dispatch.clock(), dispatch.mint, 30)
            outcome = decide(SendChat(text="Me too"), room, room.people[speaker], now)
            assert isinstance(await dispatch.rooms.commit(outcome, Request(), "other"), Committed)
            return outcome.after

        class Overtaken(FanOut):
            async def broadcast(self, *round_: Any) -> frozenset[ConnectionId]:
                if len(ticks) == 1:
                    await say()
                return await super().broadcast(*round_)

        async def wait(seconds: float) -> None:
            ticks.append(seconds)

        fan_out = Overtaken(**{f.name: getattr(pump.fan_out, f.name) for f in fields(FanOut)})
        room = await say()
        await replace(pump, fan_out=fan_out, sleep=wait).reach(room, room.at, "other")

    container.do(lambda: runtime.run(two_rounds()))

    assert ticks == [0.25, 0.25]
    assert [frame["payload"]["text"] for frame in people[-1].heard()[-2:]] == ["Me too"] * 2


def test_nobody_waits_for_a_removal_or_where_few_take_batches() -> None:
    crowd = [someone(f"p{n}", batch=True) for n in range(51)]
    left = ParticipantLeft(participant_id=crowd[0].id, reason="left")
    removed = left.model_copy(update={"reason": "removed"})
    said, urgent = (
        [Entry(Position(52, 0), "", b"", change.record())] for change in (left, removed)
    )

    assert _tick(a_room(*crowd), said) == 0.25
    assert _tick(a_room(*crowd), urgent) == 0
    assert _tick(a_room(*crowd), said * AT_ONCE) == 0, "a full round waits for nothing"
    assert _tick(a_room(*crowd[1:]), said) == 0
    assert _tick(a_room(*(p.model_copy(update={"batch": False}) for p in crowd)), said) == 0
