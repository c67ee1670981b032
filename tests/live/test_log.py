"""The log of a room as Redis keeps it: how much of it, and of what."""

from collections.abc import Callable, Iterator

import pytest
import redis as sync_redis

from hub_core.adapters import runtime
from hub_core.live import store
from hub_core.live.house import house
from tests.live.stage import Client, Meeting

Joined = Callable[..., Client]


@pytest.fixture
def small(redis_url: str, environment: pytest.MonkeyPatch) -> Iterator[sync_redis.Redis]:
    """Where logs have two entries, and nobody waits for what does not go out."""
    environment.setattr(store, "KEEP_LOG", 2)
    environment.setattr("hub_core.live.pump.PATIENCE", store.LONGEST_WORK * 0)
    with sync_redis.Redis.from_url(redis_url) as client:
        client.config_set("stream-node-max-entries", 1)  # "about two" is two then
        yield client
        client.config_set("stream-node-max-entries", 100)


def test_what_has_not_gone_out_is_not_trimmed(
    meeting: Meeting, joined: Joined, small: sync_redis.Redis
) -> None:
    pump = f"room:{{{meeting.id}}}:pump"
    ada = joined(meeting.person())
    small.set(pump, "somebody")

    during = [ada.ask("chat.send", {"text": str(n)}) for n in range(5)]
    small.delete(pump)
    ada.container.do(lambda: runtime.run(house().dispatch.drained(meeting.id)))

    assert {reply["payload"]["type"] for reply in during} == {"server/unavailable"}
    said = "SELECT payload ->> 'text' FROM journal WHERE type = 'chat.message' ORDER BY seq"
    assert meeting.rows(said) == [(str(n),) for n in range(5)]
    assert ada.ask("chat.send", {"text": "more"})["type"] == "ack"
    assert small.xlen(f"room:{{{meeting.id}}}:log") < 5


def test_a_room_takes_no_more_than_it_can_keep(
    meeting: Meeting, joined: Joined, small: sync_redis.Redis
) -> None:
    pump = f"room:{{{meeting.id}}}:pump"
    ada = joined(meeting.person())
    small.set(pump, "somebody")

    for n in range(20):
        ada.ask("chat.send", {"text": str(n)})

    assert small.xlen(f"room:{{{meeting.id}}}:log") <= store.KEEP_LOG * store.MOST_BEHIND
    assert ada.ask("ping")["type"] == "pong"
    small.delete(pump)
    ada.container.do(lambda: runtime.run(house().dispatch.drained(meeting.id)))
    assert ada.ask("chat.send", {"text": "at last"})["type"] == "ack"
