"""The client's ordering of room events, on whatever a network makes of them."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.client import Frame, HubClient, RoomLog


def event(seq: int, epoch: str = "e1") -> Frame:
    """The event with this number."""
    return Frame("hand.changed", {}, epoch=epoch, seq=seq)


def delivered(log: RoomLog, *frames: Frame) -> list[int | None]:
    """The numbers of what comes out when these go in."""
    return [out.seq for frame in frames for out in log.take(frame)]


def test_an_early_event_waits_for_the_one_before_it() -> None:
    log = RoomLog()
    log.begin("e1", 4)

    first, waits = delivered(log, event(6)), log.waits
    second = delivered(log, event(5))

    assert (first, waits) == ([], True)
    assert (second, log.waits) == ([5, 6], False)


def test_a_repeated_event_is_delivered_once() -> None:
    log = RoomLog()
    log.begin("e1", 4)

    assert delivered(log, event(5), event(5), event(4), event(6), event(5)) == [5, 6]


def test_an_event_that_overtakes_its_snapshot_is_delivered_after_it() -> None:
    log = RoomLog()
    log.begin("e1", 9)

    early = delivered(log, event(3, "e2"), event(1, "e2"))
    after = [frame.seq for frame in log.begin("e2", 2)]

    assert (early, after) == ([], [3])
    assert (log.epoch, log.seq) == ("e2", 3)


def test_an_old_snapshot_does_not_turn_the_clock_back() -> None:
    log = RoomLog()
    log.begin("e1", 9)

    log.begin("e1", 7)

    assert delivered(log, event(8), event(9), event(10)) == [10]


def test_what_has_no_number_passes_through() -> None:
    log = RoomLog()

    assert log.take(Frame("reaction.added", {})) == [Frame("reaction.added", {})]


def test_what_the_gateway_itself_says_answers_no_request() -> None:
    words = '{"message": "Internal server error", "connectionId": "c", "requestId": "AWS"}'

    frame = Frame.read(words)

    assert (frame.type, frame.request_id) == ("(gateway)", None)
    assert frame.payload["message"] == "Internal server error"


async def test_a_repeated_snapshot_without_its_parts_takes_nobody_away() -> None:
    people = [{"participantId": name} for name in ("ada", "ben", "cat")]
    joined = {
        "selfParticipant": people[0],
        "peers": people[2:],
        "settings": {},
        "chat": [],
        "epoch": "e1",
        "seq": 3,
        "parts": 1,
        "resumeToken": "t",
        "iceServers": [],
    }
    async with HubClient("http://localhost") as client:
        client._parts["e1", 3] = people[1:2]

        for _ in range(2):  # the reply to a request that was sent again comes without its parts
            client._enter(Frame("room.joined", joined))

        assert set(client.room.people) == {"ada", "ben", "cat"}


@pytest.mark.parametrize(("moves", "kept"), [(1, "t"), (0, None)])
@pytest.mark.parametrize(
    "last_word",
    [
        '{"type": "connection.replaced", "payload": {}}',
        '{"type": "session.closed", "payload": {"reason": "replaced", "action": "none"}}',
    ],
)
async def test_only_another_one_that_takes_over_ends_the_session(
    last_word: str, moves: int, kept: str | None
) -> None:
    async with HubClient("http://localhost") as client:
        client.resume_token = "t"
        client.moves = moves  # its own resume has been sent; the old connection hears of it first

        client._notice(client.wire, last_word)  # type: ignore[arg-type] # nothing is connected

        assert client.resume_token == kept


class _Ended:
    """A connection that is over."""

    close_code = 1000

    async def close(self) -> None:
        """It is."""


async def test_one_that_moves_does_not_come_back_as_well_when_its_old_connection_ends() -> None:
    async with HubClient("http://localhost", recovers=True) as client:
        came_back = 0

        async def come_back() -> None:
            nonlocal came_back
            came_back += 1
            await asyncio.sleep(0)

        client._come_back = come_back  # type: ignore[method-assign]
        wire: Any = _Ended()
        client.resume_token, client.wire = "t", wire

        client.moves = 1
        client._lost(wire)  # its own resume has ended it: the reply is under way
        await asyncio.sleep(0.01)
        assert came_back == 0
        client.moves = 0
        client._lost(wire)
        client._lost(wire)  # and never two at once
        await asyncio.sleep(0.01)

        assert came_back == 1


@given(st.integers(1, 30).flatmap(lambda n: st.lists(st.integers(1, n), max_size=120)))
def test_whatever_comes_it_comes_out_in_order_without_a_hole(arrivals: list[int]) -> None:
    log = RoomLog()
    log.begin("e1", 0)

    out = delivered(log, *(event(seq) for seq in arrivals))

    unbroken = next(n for n in range(1, 32) if n not in arrivals)
    assert out == list(range(1, unbroken))
