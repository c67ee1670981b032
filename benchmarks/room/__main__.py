"""What a message costs in rooms of different sizes: `make bench-room`.

The product's own handlers, warm, on a real Valkey and PostgreSQL, post with TLS and SigV4 to a sink
in a process of its own. CPU is that of the thread that handles; wall times wander on a shared
machine, ratios within one run do not. Beside it the naive way: seven round trips, a frame encoded
for each recipient, boto3.
"""

import argparse
import json
import queue
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import boto3
import redis as sync_redis
from botocore.config import Config
from redis.asyncio import Redis

from benchmarks.room.stage import TEXT, Site, Stage, fill
from benchmarks.room.surroundings import Sink, surroundings
from hub_core.adapters import runtime
from hub_core.adapters.gateway import ManagementApi
from hub_core.adapters.settings import settings
from hub_core.adapters.sigv4 import environment_region
from hub_core.kernel.clock import utc_now
from hub_core.kernel.ids import new_id
from hub_core.live.house import house
from tests.container import Container
from tests.gateway_events import message_event
from tests.live.stage import a_meeting

SIZES: Final = {2: 100, 10: 100, 50: 60, 200: 40, 1000: 20}
"""People in the room, and messages that are measured."""
ROUNDS: Final = {2: 30, 10: 15, 50: 5, 200: 3, 1000: 2}
"""Broadcasts that are measured, with each poster in turn."""
PACE_SEC: Final = 0.05
"""From one message to the next, in any room, while the CPU of Redis is measured."""
EVENTS: Final = 40
JOINS: Final = 100
AT_ONCE: Final = 16
"""Containers for what comes in while others still wait for their tick."""


@dataclass(frozen=True)
class Row:
    """What one size cost; for each message unless it says otherwise."""

    people: int
    trips: float
    """Reads of Valkey's sockets, as it counts them."""
    redis_cpu_us: float
    """In scripts; what Valkey does when nobody asks is not counted."""
    redis_bytes: float
    posts: float
    cpu_ms: float
    naive_ms: float
    poster_us: float
    """CPU for each recipient of a broadcast."""
    boto3_us: float
    last_ms: float
    """From the event to the last receipt: the median."""


def _measure(stage: Stage, size: int) -> Row:
    for _ in range(3):
        stage.say()  # warm
    messages, before = SIZES[size], _counters(stage.valkey)
    posts, cpu = stage.sink.told()["posts"], stage.cpu()
    waits = []
    for _ in range(messages):
        began = time.monotonic()
        stage.say()
        waits.append(stage.sink.told()["last"] - began)
    cpu = stage.cpu() - cpu
    posts = stage.sink.told()["posts"] - posts
    after, again = _counters(stage.valkey), _counters(stage.valkey)
    # Between two questions with nothing between them lies what a question costs.
    told = {name: (2 * after[name] - before[name] - again[name]) / messages for name in after}
    ours, theirs = _posters(stage, size)
    return Row(
        people=size,
        trips=told["reads"],
        redis_cpu_us=_script_cpu(stage) * 1e6,
        redis_bytes=told["bytes"],
        posts=posts / messages,
        cpu_ms=cpu / messages * 1e3,
        naive_ms=_naive(stage) * 1e3,
        poster_us=ours * 1e6,
        boto3_us=theirs * 1e6,
        last_ms=statistics.median(waits) * 1e3,
    )


def _script_cpu(stage: Stage) -> float:
    """Seconds of Redis's scripts for each message, at one pace in all rooms.

    A processor that did something else for 25 ms (1 000 posts) has forgotten the scripts, and needs
    half as long again for the same: so it does something else for as long in the smallest room.
    """
    began, before = time.monotonic(), _scripts(stage.valkey)
    for number in range(1, EVENTS + 1):
        stage.say()
        while time.monotonic() < began + number * PACE_SEC:
            json.dumps(TEXT)
    return (_scripts(stage.valkey) - before) / EVENTS


def _scripts(valkey: Any) -> float:
    cpu: float = valkey.info("everything")["cmdstat_evalsha"]["usec"] / 1e6
    return cpu


def _counters(valkey: Any) -> dict[str, float]:
    told = valkey.info("everything")
    return {
        "reads": told["total_reads_processed"],
        "bytes": told["total_net_input_bytes"] + told["total_net_output_bytes"],
    }


def _posters(stage: Stage, size: int) -> tuple[float, float]:
    """CPU seconds for each recipient: ours, and boto3's; in turns."""
    poster = ManagementApi(settings().management_api_url, environment_region())
    client = _boto3(stage.sink)
    frame = json.dumps({"type": "chat.message", "payload": {"text": TEXT}}).encode()

    def ours() -> float:
        began = time.thread_time()
        runtime.run(poster.broadcast(stage.connections, frame))
        return time.thread_time() - began

    def theirs() -> float:
        began = time.thread_time()
        for connection_id in stage.connections:
            client.post_to_connection(ConnectionId=connection_id, Data=frame)
        return time.thread_time() - began

    for one in (ours, theirs):
        stage.container.do(one)  # warm
    pairs = [(stage.container.do(ours), stage.container.do(theirs)) for _ in range(ROUNDS[size])]
    stage.container.do(lambda: runtime.run(poster.aclose()))
    mine, yours = (statistics.median(column) / size for column in zip(*pairs, strict=True))
    return mine, yours


def _naive(stage: Stage) -> float:
    """CPU seconds of a whole message the naive way."""
    client = _boto3(stage.sink)
    members = [{"connection": c, "name": "somebody"} for c in stage.connections]
    stage.valkey.hset("naive:members", mapping={m["connection"]: json.dumps(m) for m in members})
    stage.valkey.hset("naive:connection", mapping={"room": "r", "participant": "p"})

    async def message(redis: "Redis") -> None:
        await redis.hgetall("naive:connection")
        await redis.hgetall("naive:connection")
        await redis.hget("naive:members", stage.connections[0])
        seq = await redis.hincrby("naive:head", "seq", 1)
        await redis.rpush("naive:log", json.dumps({"text": TEXT, "seq": seq}))
        await redis.ltrim("naive:log", -2000, -1)
        for member in (await redis.hgetall("naive:members")).values():
            to = json.loads(member)["connection"]
            frame = json.dumps({"type": "chat.message", "seq": seq, "payload": {"text": TEXT}})
            client.post_to_connection(ConnectionId=to, Data=frame.encode())

    async def measured() -> float:
        async with Redis.from_url(settings().redis_url.get_secret_value()) as redis:
            await message(redis)
            began = time.thread_time()
            await message(redis)
            return time.thread_time() - began

    took = stage.container.do(lambda: runtime.run(measured()))
    stage.valkey.delete("naive:members", "naive:connection", "naive:head", "naive:log")
    return took


def _boto3(sink: Sink) -> Any:
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=sink.url,
        region_name="us-east-1",
        verify=str(sink.certificate),
        config=Config(retries={"max_attempts": 0}),
    )


def _coalesced(stage: Stage, containers: Sequence[Container]) -> float:
    """Ten events a second, for seconds: pushes for each event and person; 1 is one each."""
    sender = stage.people[0].connection_id
    frames = [
        {"type": "chat.send", "requestId": new_id(), "payload": {"text": TEXT}}
        for _ in range(EVENTS)
    ]
    posts: int = stage.sink.told()["posts"]
    _at_a_rate([message_event(sender, frame) for frame in frames], containers, pause=0.1)
    pushed: int = stage.sink.told()["posts"] - posts - EVENTS
    return pushed / (EVENTS * len(stage.people))


def _presence(site: Site, containers: Sequence[Container], pause: float) -> float:
    """So many come in, one each `pause` seconds: pushes beyond the replies, for each of them."""
    meeting = a_meeting(site.database_url, max_participants=1000)
    events = []
    for _ in range(JOINS):
        ticket = meeting.person(account=False).ticket()
        payload = {"roomToken": ticket, "features": ["batch"]}
        frame = {"type": "room.join", "requestId": new_id(), "payload": payload}
        events.append(message_event(f"{new_id()[-14:]}=", frame))
    posts: int = site.sink.told()["posts"]
    _at_a_rate(events, containers, pause)
    pushed: int = site.sink.told()["posts"] - posts - JOINS
    room = site.container.do(lambda: runtime.run(house().dispatch.rooms.load(meeting.id)))
    assert room is not None
    # A few of those who come at once may be told to try again.
    assert len(room.people) > 0.9 * JOINS
    return pushed / len(room.people)


def _at_a_rate(
    events: Sequence[Mapping[str, Any]], containers: Sequence[Container], pause: float
) -> None:
    """One event after the other, each in a container that is free, as Lambda does it."""
    free = queue.SimpleQueue[Container]()
    for container in containers:
        free.put(container)

    def invoke(event: Mapping[str, Any]) -> None:
        container = free.get()
        try:
            assert container.call("handlers.socket.message", event) == {"statusCode": 200}
        finally:
            free.put(container)

    began = time.monotonic()
    with ThreadPoolExecutor(len(containers)) as pool:
        invocations = []
        for number, event in enumerate(events):
            time.sleep(max(0.0, began + number * pause - time.monotonic()))
            invocations.append(pool.submit(invoke, event))
        for invocation in invocations:
            invocation.result()


def main() -> None:
    """Measure, print the table, and say which targets are met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.room", description=__doc__)
    parser.add_argument("--write", type=Path, help="where the counts go that the cost model reads")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        with surroundings(Path(folder)) as (endpoints, sink):
            container = Container()
            with sync_redis.Redis.from_url(endpoints.redis_url) as valkey:
                site = Site(container, sink, valkey, endpoints.database_url)
                rows = [_measure(fill(site, size, batch=False), size) for size in SIZES]
                crowd = fill(site, 1000, batch=True)
                crowd.say()
                containers = [Container() for _ in range(AT_ONCE)]
                coalesced = _coalesced(crowd, containers)
                presence = [_presence(site, containers, pause) for pause in (0.0, 0.05)]
            for one in (container, *containers):
                one.close()
        if options.write:
            _write(options.write, rows)
        _print(rows, coalesced, presence, time.monotonic() - began)


def _write(path: Path, rows: Sequence[Row]) -> None:
    """What was counted, and when: infra/costs.py turns it into money."""
    counted = ("people", "trips", "redis_bytes", "posts", "cpu_ms")
    told = {
        "measured": f"{utc_now():%Y-%m-%d}",
        "python": sys.version.split()[0],
        "messages": [{name: round(asdict(row)[name], 2) for name in counted} for row in rows],
    }
    path.write_text(json.dumps(told, indent=2) + "\n", "utf-8")


def _print(rows: Sequence[Row], coalesced: float, presence: Sequence[float], took: float) -> None:
    say = sys.stdout.write
    say(
        "people  trips  redis µs  redis bytes  posts  CPU ms  naive ms"
        "  µs/recipient  boto3 µs  to last ms\n"
    )
    for row in rows:
        say(
            f"{row.people:6}  {row.trips:5.1f}  {row.redis_cpu_us:8.0f}  {row.redis_bytes:11.0f}  "
            f"{row.posts:5.0f}  {row.cpu_ms:6.1f}  {row.naive_ms:8.1f}  {row.poster_us:12.1f}  "
            f"{row.boto3_us:8.1f}  {row.last_ms:10.1f}\n"
        )
    say("\ntarget                                              wanted  reached\n")
    for name, wanted, reached in (*_targets(rows), *_pushes(coalesced, presence)):
        verdict = "met" if reached <= wanted else f"missed by x {reached / wanted:.2f}"
        say(f"{name:50}  {wanted:6.3f}  {reached:7.3f}  {verdict}\n")
    say(f"\n{took:.0f} s\n")


Target = tuple[str, float, float]
"""What, the most that is wanted, and what was reached."""


def _targets(rows: Sequence[Row]) -> Iterator[Target]:
    small, middle, big = (next(row for row in rows if row.people == n) for n in (10, 200, 1000))
    # A hundredth for the connections' own housekeeping.
    yield "1  round trips, the pump's among them", 2.01, max(row.trips for row in rows)
    yield "1  Redis CPU at 1 000, of that at 10", 1.2, big.redis_cpu_us / small.redis_cpu_us
    yield "1  Redis bytes at 1 000, of those at 10", 1.2, big.redis_bytes / small.redis_bytes
    yield "2  CPU for each recipient at 1 000, of boto3's", 1 / 20, big.poster_us / big.boto3_us
    yield "4  a message at 200, of the naive way", 1 / 20, middle.cpu_ms / middle.naive_ms
    yield "4  a message at 1 000, of the naive way", 1 / 30, big.cpu_ms / big.naive_ms


def _pushes(coalesced: float, presence: Sequence[float]) -> Iterator[Target]:
    yield "6  pushes at 10 events a second to 1 000 people", 1 / 9, coalesced
    at_once, in_a_row = presence
    yield f"6  presence pushes for each of {JOINS} at once", 5.0, at_once
    yield f"6  presence pushes for each of {JOINS}, 20 a second", 5.0, in_a_row


if __name__ == "__main__":
    main()
