"""What a message costs, by the data stores' own count."""

from collections.abc import Callable
from typing import Any

import psycopg
import redis as sync_redis

from tests.live.gateway import Gateway
from tests.live.stage import Client, Meeting

Joined = Callable[..., Client]


_BY_SCRIPTS = {
    *("get", "set", "del", "hmget", "hget", "hset", "expire", "xadd", "xrange", "xlen"),
    *("zadd", "zscore", "zrangebyscore", "time", "exists"),
}


def _calls(client: Any) -> dict[str, int]:
    """How often each command came, but for those that were made by scripts."""
    stats = client.info("commandstats")
    return {name.removeprefix("cmdstat_"): one["calls"] for name, one in stats.items()}


def test_a_warm_message_takes_one_round_trip_to_commit_and_one_to_let_the_pump_go(
    meeting: Meeting, joined: Joined, redis_url: str
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    ada.ask("chat.send", {"text": "warm"})
    ben.ask("chat.send", {"text": "warm"})
    with sync_redis.Redis.from_url(redis_url) as client:
        client.config_resetstat()

        ada.ask("chat.send", {"text": "counted"})

        calls = _calls(client)
    # What scripts do inside the server is counted, too; only EVALSHA was sent by a client.
    assert calls["evalsha"] == 2
    assert calls.keys() <= _BY_SCRIPTS | {"evalsha", "config|resetstat", "info"}
    assert len(ben.heard()) >= 1


def test_only_the_commit_comes_before_the_first_frame(
    meeting: Meeting, joined: Joined, redis_url: str, gateway: Gateway
) -> None:
    ada = joined(meeting.person())
    ada.ask("chat.send", {"text": "warm"})
    seen: list[int] = []
    with sync_redis.Redis.from_url(redis_url) as client:
        client.config_resetstat()
        gateway.before_post = lambda: seen.append(_calls(client)["evalsha"])

        ada.ask("chat.send", {"text": "counted"})

    assert seen[0] == 1


def test_a_signal_takes_one_round_trip_and_writes_nothing_down(
    meeting: Meeting, joined: Joined, redis_url: str, migrated: str
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    offer = {
        "to": ben.session["selfParticipant"]["participantId"],
        "type": "offer",
        "sdp": "v=0",
    }
    ada.ask("rtc.signal", offer)
    with sync_redis.Redis.from_url(redis_url) as client:
        client.config_resetstat()
        written = _written(migrated)

        ada.ask("rtc.signal", offer)

        assert _calls(client)["evalsha"] == 1
        assert _written(migrated) == written


def test_a_ping_takes_one_round_trip(meeting: Meeting, joined: Joined, redis_url: str) -> None:
    ada = joined(meeting.person())
    ada.ask("ping")
    with sync_redis.Redis.from_url(redis_url) as client:
        client.config_resetstat()

        ada.ask("ping")

        calls = _calls(client)
    assert calls["evalsha"] == 1
    assert not calls.keys() & {"lrange", "multi"}


def _written(database_url: str) -> Any:
    """What PostgreSQL has written into its log so far."""
    with psycopg.connect(database_url) as db:
        return db.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
