"""The sweep: what nobody else looks after, for every room, whatever another one is like."""

from collections.abc import Callable
from typing import Any

import pytest
import redis as sync_redis

from hub_core.adapters import runtime
from hub_core.live.house import house
from hub_core.live.outbox import Outbox
from hub_core.live.store import RoomStore
from hub_core.rooms.room import Room
from tests.container import Container
from tests.live.gateway import Gateway
from tests.live.stage import Client, Meeting, a_meeting

Joined = Callable[..., Client]


def test_the_sweep_ends_stays_that_nobody_else_ends(
    meeting: Meeting, joined: Joined, container: Container, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("PRESENCE_LEASE_SEC", "0.01")
    environment.setenv("RECONNECT_GRACE_SEC", "0.01")
    ada = joined(meeting.person())

    ended = "SELECT ended_at IS NOT NULL FROM conferences WHERE meeting_id = %(meeting)s"
    for _ in range(100):
        container.do(lambda: runtime.run(house().sweep.once()))
        if meeting.rows(ended) == [(True,)]:
            break

    kinds = meeting.rows("SELECT type, payload ->> 'reason' FROM journal ORDER BY seq")
    assert kinds == [
        ("participant.joined", None),
        ("participant.connection", None),
        ("participant.left", "lost"),
    ]
    assert meeting.rows(ended) == [(True,)]
    assert ada.ask("ping")["payload"].keys() == {"serverTime"}


def test_a_room_that_cannot_be_read_stops_no_other(
    meeting: Meeting, joined: Joined, container: Container, migrated: str, redis_url: str
) -> None:
    poisoned = a_meeting(migrated)
    joined(poisoned.person())
    joined(meeting.person()).say({"type": "room.leave"})
    with sync_redis.Redis.from_url(redis_url) as client:
        client.hset(f"room:{{{poisoned.id}}}:head", "room", "not JSON")

        container.do(lambda: runtime.run(house().sweep.once()))

        assert not client.exists(f"room:{{{meeting.id}}}:head")


def test_whoever_says_nothing_is_turned_out_though_a_sweep_dies_over_it(
    gateway: Gateway, container: Container, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("AUTH_TIMEOUT_SEC", "0.000001")
    silent = [Client(container, gateway) for _ in range(20)]
    for client in silent:
        client.connect()

    def sweep() -> None:
        container.do(lambda: runtime.run(house().sweep.once()))

    async def die(*_: Any) -> None:
        raise OverflowError

    with environment.context() as killed:
        killed.setattr(Outbox, "close", die)
        with pytest.raises(OverflowError):
            sweep()
    sweep()

    assert sorted(gateway.closed) == [client.id for client in silent]
    assert silent[0].heard()[0]["payload"] == {"reason": "unauthenticated", "action": "none"}


def test_an_empty_room_leaves_nothing_behind(
    meeting: Meeting, joined: Joined, container: Container, redis_url: str
) -> None:
    ada = joined(meeting.person())
    ada.say({"type": "room.leave"})

    container.do(lambda: runtime.run(house().sweep.once()))

    with sync_redis.Redis.from_url(redis_url) as client:
        assert [key for key in client.scan_iter() if key.startswith(b"room")] == []


def test_a_room_that_is_swept_before_anybody_is_in_it_is_opened_again(
    meeting: Meeting, joined: Joined, environment: pytest.MonkeyPatch
) -> None:
    real, epochs = RoomStore._open, []

    async def swept_at_first(self: RoomStore, room: Room, *instead: str) -> bool:
        opened = await real(self, room, *instead)
        epochs.append(room.epoch)
        if len(epochs) == 1:
            assert await self.close(room.meeting_id, room.epoch)
        return opened

    environment.setattr(RoomStore, "_open", swept_at_first)
    ada = joined(meeting.person())

    assert ada.session["epoch"] == epochs[1]


def test_a_room_that_was_opened_again_stays_listed(
    meeting: Meeting, joined: Joined, container: Container
) -> None:
    joined(meeting.person())

    async def unlist_what_was_seen_before() -> list[Any]:
        rooms = house().dispatch.rooms.register
        seen = [listed async for listed in rooms.listed()]
        older = [type(one)(one.meeting_id, one.entered - 1) for one in seen]
        for listed in older:
            await rooms.unlist(listed)
        return [listed async for listed in rooms.listed()]

    assert len(container.do(lambda: runtime.run(unlist_what_was_seen_before()))) == 1
