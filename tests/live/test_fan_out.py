"""A room beyond 250 connections: several invocations post to it, and nobody can tell."""

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import redis as sync_redis

from hub_core.adapters import runtime
from hub_core.kernel.ids import ConnectionId, new_id
from hub_core.live import fan_out, rounds
from hub_core.live.answers import Entry, Request
from hub_core.live.connections import Seat
from hub_core.live.dispatch import the_server
from hub_core.live.house import house
from hub_core.live.shares import AT_MOST, Share, everyone, shares_for_others
from hub_core.live.store import HOLD_PUMP
from hub_core.rooms.deciding import Outcome
from hub_core.rooms.room import Participant, Position, Room
from hub_core.rooms.rules.running import Ended
from tests.container import Container
from tests.live.gateway import Gateway
from tests.live.stage import Client, Meeting, a_meeting
from tests.queues import TestQueue
from tests.rooms.stage import a_room, someone

Containers = Callable[[int], list[Container]]
MINUTE = 60


# --- the rule


@pytest.mark.parametrize("count", [1, 250, 251, 600, 1000])
@pytest.mark.parametrize("latecomers", [0, 3])
def test_each_of_a_rooms_people_is_in_one_share_that_is_not_too_big(
    count: int, latecomers: int
) -> None:
    crowd = [someone(f"p{n}", batch=n % 3 == 0, join_seq=1) for n in range(count)]
    late = [someone(f"late{n}", join_seq=6) for n in range(latecomers)]
    told = [Entry(Position(n, 0), "", b'{"n":%d}' % n, b"") for n in (5, 6, 7)]
    room = a_room(*crowd, *late)

    shares = list(shares_for_others(room, told, "round"))

    frames = [entry.frame for entry in told]
    by_others = [share.addressed(frames) for share in shares]
    ids = [id_ for addressed in by_others for id_ in addressed]
    whole = everyone(room, told)
    assert len(ids) == len(set(ids)) == max(0, len(whole) - AT_MOST)
    assert all(len(addressed) <= AT_MOST for addressed in by_others)
    assert all(whole[id_] == its for addressed in by_others for id_, its in addressed.items())
    assert not set(ids) & {person.connection_id for person in late}


def test_nothing_is_shared_out_where_nobody_is_told_anything() -> None:
    room = a_room(*(someone(f"p{n}", join_seq=1) for n in range(600)))

    assert not list(shares_for_others(room, [Entry(Position(5, 1), "", b"", b"")], "round"))


# --- the queue


@dataclass
class Stage:
    """A room of 600 connections, and two of its people who speak through containers."""

    meeting: Meeting
    gateway: Gateway
    queue: TestQueue
    box: Container
    ada: Client
    crowd: list[ConnectionId]
    threads: ThreadPoolExecutor

    def say(self, text: str) -> "Future[Any]":
        """Ada says something; the reply is there when everyone has it."""
        return self.threads.submit(self.ada.ask, "chat.send", {"text": text})

    def share(self) -> str:
        """The next message in the queue."""
        body = self.queue.next()
        assert body
        return body

    def heard(self, connection_id: ConnectionId) -> list[Any]:
        """What a connection got, taken out of its batches."""
        frames = self.gateway.take(connection_id)
        return [
            event
            for frame in frames
            for event in (frame["payload"]["events"] if frame["type"] == "batch" else [frame])
        ]


def work(box: Container, *bodies: str) -> Any:
    """What the worker's handler answers for these messages."""
    records = [{"messageId": f"message {n}", "body": body} for n, body in enumerate(bodies)]
    return box.call("handlers.jobs.fan_out", {"Records": records})


async def _seat(meeting: Meeting, crowd: list[Participant]) -> None:
    """They are in the room: each by a door would be told of all who come after."""
    rooms = house().dispatch.rooms
    room = await rooms.load(meeting.id)
    assert room
    after = room.with_people({**room.people, **{person.id: person for person in crowd}})
    await rooms.commit(Outcome(room, after), Request(), "the crowd")
    for one in crowd:
        seat = Seat(meeting.id, one.id, one.session_id)
        await house().dispatch.connections.seated(one.connection_id, seat)


@pytest.fixture
def fan_out_queue(environment: pytest.MonkeyPatch, aws_url: str) -> TestQueue:
    """The queue of shares, empty; drainers put theirs into it."""
    queue = TestQueue(aws_url, f"shares-{new_id()}")
    environment.setenv("FAN_OUT_QUEUE_URL", queue.url)
    environment.setenv("AWS_ENDPOINT_URL", aws_url)
    return queue


@pytest.fixture
def stage(
    migrated: str, fan_out_queue: TestQueue, container: Container, gateway: Gateway
) -> Iterator[Stage]:
    """Everyone is there, and has heard nothing yet."""
    meeting = a_meeting(migrated, max_participants=1000)
    ada = Client(container, gateway)
    ada.join(meeting.person())
    crowd = [someone(f"p{n}", batch=n % 3 == 0, join_seq=1) for n in range(599)]
    container.do(lambda: runtime.run(_seat(meeting, crowd)))
    ada.heard()
    with ThreadPoolExecutor(8) as threads:
        ids = [person.connection_id for person in crowd]
        yield Stage(meeting, gateway, fan_out_queue, container, ada, ids, threads)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is thought dead because this machine is busy."""
    monkeypatch.setattr(fan_out, "HELP_WITHIN_SEC", MINUTE)
    monkeypatch.setattr(rounds, "HOLD_SHARE", rounds.HOLD_SHARE * MINUTE)


@pytest.mark.usefixtures("patient")
def test_everyone_in_a_big_room_gets_every_change_in_order_from_several_workers(
    stage: Stage, containers: Containers
) -> None:
    boxes = containers(3)
    eve, entering = Client(boxes[2], stage.gateway), stage.meeting.person()

    def next_round() -> list[str]:
        return [stage.share(), stage.share()]

    def by_workers(bodies: list[str]) -> None:
        list(stage.threads.map(work, boxes[:2], bodies))

    done = stage.say("one")
    by_workers(next_round())
    done.result(MINUTE)
    done = stage.threads.submit(eve.join, entering)
    by_workers(next_round())
    done.result(MINUTE)
    done = stage.say("two")
    bodies = next_round()
    gone = Share.model_validate_json(bodies[0]).singly[0]
    stage.gateway.gone.add(gone)
    by_workers(bodies)
    by_workers(next_round())  # a worker found somebody gone, and everyone is told
    done.result(MINUTE)

    types = ["chat.message", "participant.joined", "chat.message", "participant.connection"]
    lost = gone.removeprefix("connection of ")
    for connection_id in {*stage.crowd} - {gone}:
        events = stage.heard(connection_id)
        assert [event["seq"] for event in events] == [2, 3, 4, 5]
        assert [event["type"] for event in events] == types
        assert events[-1]["payload"]["participantId"] == lost
    assert [event["seq"] for event in eve.heard() if "seq" in event] == [4, 5]
    assert stage.queue.messages() == []
    journal = stage.meeting.rows("SELECT seq FROM journal WHERE meeting_id = %(meeting)s")
    assert {seq for (seq,) in journal} >= {2, 3, 4, 5}


@pytest.mark.usefixtures("patient")
def test_a_message_that_comes_twice_or_late_finds_its_work_done(
    stage: Stage, containers: Containers, redis_url: str
) -> None:
    boxes = containers(2)
    done = stage.say("one")
    first, second = stage.share(), stage.share()

    list(stage.threads.map(work, boxes, [first, first]))
    work(boxes[0], first)
    work(boxes[1], second)
    done.result(MINUTE)
    with sync_redis.Redis.from_url(redis_url) as client:
        client.delete(*client.keys("room:*:round:*"))
    late = work(boxes[0], first, second)

    assert late == {"batchItemFailures": []}
    assert all([e["seq"] for e in stage.heard(one)] == [2] for one in stage.crowd)


def test_a_message_tells_where_to_look_and_not_what_was_said(stage: Stage) -> None:
    done = stage.say("a secret between us")

    body = stage.share()

    assert "secret" not in body
    assert len(body) < 16 * 1024
    done.result(MINUTE)


def test_a_share_that_nobody_takes_is_posted_by_whoever_drains(stage: Stage) -> None:
    reply = stage.say("one").result(MINUTE)

    assert reply["type"] == "ack"
    assert all([e["seq"] for e in stage.heard(one)] == [2] for one in stage.crowd)


def test_without_the_queue_one_invocation_tells_everyone(
    stage: Stage, environment: pytest.MonkeyPatch, containers: Containers
) -> None:
    environment.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    environment.setattr(fan_out, "HELP_WITHIN_SEC", MINUTE)
    (box,) = containers(1)

    Client(box, stage.gateway, id=stage.ada.id).ask("chat.send", {"text": "one"})

    assert all([e["seq"] for e in stage.heard(one)] == [2] for one in stage.crowd)


async def _die_in_the_middle(share: Share, gateway: Gateway) -> int:
    """A worker that is killed while it posts; how far it came."""
    already, enough = gateway.posts, asyncio.Event()
    loop = asyncio.get_running_loop()

    def count() -> None:
        if gateway.posts > already + 20:
            loop.call_soon_threadsafe(enough.set)

    gateway.before_post = count
    worker = asyncio.create_task(house().fan_out.take(share))
    await enough.wait()
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    gateway.before_post = lambda: None
    return gateway.posts - already


def test_what_a_killed_worker_left_is_posted_by_whoever_waits_for_it(
    stage: Stage, containers: Containers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fan_out, "HELP_WITHIN_SEC", MINUTE)  # until the worker is dead
    (box,) = containers(1)
    done = stage.say("one")
    share = Share.model_validate_json(stage.share())

    box.do(lambda: runtime.run(_die_in_the_middle(share, stage.gateway)))
    assert not done.done()
    monkeypatch.setattr(fan_out, "HELP_WITHIN_SEC", 0)
    done.result(MINUTE)
    stage.say("two").result(MINUTE)

    for one in stage.crowd:
        seqs = [event["seq"] for event in stage.heard(one)]
        assert list(dict.fromkeys(seqs)) == [2, 3]


# --- what has no place in the log


def test_numbers_of_reactions_and_the_end_are_shared_out_as_well(
    stage: Stage, containers: Containers
) -> None:
    (worker,) = containers(1)
    everybody = {*stage.crowd, stage.ada.id}

    reacted = stage.threads.submit(
        stage.ada.say, {"type": "reaction.send", "payload": {"type": "heart"}}
    )
    bodies = [stage.share(), stage.share()]
    own = reacted.result(MINUTE)
    told_before = {id_ for id_ in stage.crowd if stage.gateway.frames[id_]}
    work(worker, *bodies, *bodies)  # a queue may deliver a message twice
    heard = [stage.gateway.take(id_) for id_ in stage.crowd]

    assert len(told_before) == AT_MOST - 1  # and the one who reacted
    assert all(frames == own for frames in heard)
    assert [frame["type"] for frame in own] == ["reaction.batch"]

    _in(stage.box, lambda: house().dispatch.handle(stage.meeting.id, the_server, Ended()))
    _in(stage.box, lambda: house().dispatch.disbanded(stage.meeting.id))
    closed_before = len(stage.gateway.closed)
    work(worker, *(one for one in _all(stage.queue) if "to" in json.loads(one)))

    assert closed_before == AT_MOST
    assert sorted(stage.gateway.closed) == sorted(everybody)


def _all(queue: TestQueue) -> list[str]:
    return [json.dumps(body) for body in queue.messages()]


# --- what could go wrong between them


def _in(box: Container, work_: Callable[[], Any]) -> Any:
    return box.do(lambda: runtime.run(work_()))


@pytest.mark.usefixtures("patient")
def test_a_worker_posts_nothing_from_a_log_that_is_not_the_one_that_was_meant(
    stage: Stage, containers: Containers
) -> None:
    (box,) = containers(1)
    done = stage.say("one")
    share, other = (Share.model_validate_json(stage.share()) for _ in range(2))

    for wrong in ({"frames": 2}, {"epoch": "another"}):
        work(box, share.model_copy(update=wrong).model_dump_json())
    untouched = [stage.gateway.take(id_) for id_ in (*share.singly, *share.batched)]
    work(box, share.model_dump_json(), other.model_dump_json())
    done.result(MINUTE)

    assert not any(untouched)
    assert all(stage.heard(id_) for id_ in (*share.singly, *share.batched))


def test_whoever_waits_for_shares_holds_the_pump_and_nobody_elses(
    stage: Stage, redis_url: str
) -> None:
    pump = f"room:{{{stage.meeting.id}}}:pump"
    share = Share(
        meeting_id=stage.meeting.id,
        epoch=stage.ada.session["epoch"],
        round="round",
        number=0,
        first="2-0",
        last="2-0",
        frames=1,
        singly=(),
        batched=(),
    )

    with sync_redis.Redis.from_url(redis_url) as client:
        held = {}
        for token in ("mine", "another's"):
            client.set(pump, "mine", px=MINUTE * 1000)
            _in(stage.box, lambda t=token: house().fan_out.rounds.reports([share], t))  # type: ignore[misc] # mypy infers no lambda with a default
            held[token] = client.pttl(pump)
        client.delete(pump)

    assert held["mine"] <= HOLD_PUMP.total_seconds() * 1000 < held["another's"]


def test_a_drainer_whose_pump_was_taken_over_waits_no_longer_than_that_takes(
    stage: Stage, containers: Containers, redis_url: str
) -> None:
    (box,) = containers(1)
    done = stage.say("one")
    stage.share()

    async def take_over() -> None:
        rooms = house().dispatch.rooms
        room: Room | None = await rooms.load(stage.meeting.id)
        assert room
        await rooms.drain(room, "another", room.at, 0)

    with sync_redis.Redis.from_url(redis_url) as client:
        client.delete(f"room:{{{stage.meeting.id}}}:pump")
    _in(box, take_over)

    assert done.result(MINUTE)["type"] == "ack"
