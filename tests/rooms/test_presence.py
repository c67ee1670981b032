"""Coming and going, as the room decides about it."""

from datetime import timedelta
from typing import Any

import pytest

from hub_core.kernel.errors import (
    AlreadyJoined,
    InvalidRoomToken,
    LobbyRejected,
    MeetingFull,
    MeetingLocked,
    SessionExpired,
)
from hub_core.kernel.ids import ConnectionId
from hub_core.kernel.roles import Role
from hub_core.rooms.deciding import Outcome, decide, replay
from hub_core.rooms.policy import Admission, Visitor
from hub_core.rooms.room import MediaState, Participant, Room
from hub_core.rooms.rulebook import read_change
from hub_core.rooms.rules.presence import (
    Dropped,
    Enter,
    Lapsed,
    LeaveRoom,
    Noticed,
    Resume,
)
from hub_core.rooms.settings import MeetingSettings
from tests.rooms.stage import GRACE_SEC, NOON, a_room, ask, now, someone, told

ADA = someone("ada", Role.HOST)
BEN = someone("ben", Role.COHOST)
EVE = someone("eve")


def _enter(room: Room, me: Participant, after_sec: float = 0, **visitor: Any) -> Outcome:
    """`me` is at the door, whether the room knows it already or not."""
    known = Visitor(**{"role": me.role, "has_account": True, **visitor})
    command = Enter(visitor=known, settings=MeetingSettings())
    return decide(command, room, me, now(after_sec))


def _again(who: Participant, **changes: Any) -> Participant:
    """The same person with a new ticket on a new connection."""
    fresh = {
        "ticket": "another ticket",
        "connection_id": ConnectionId("another connection"),
        "session_id": "another session",
    }
    return who.model_copy(update={**fresh, **changes})


def _lost(who: Participant, seconds_ago: float) -> Participant:
    since = NOON - timedelta(seconds=seconds_ago)
    return who.model_copy(update={"presence": "lost", "lost_at": since})


def test_whoever_comes_in_gets_the_seq_of_its_own_joining() -> None:
    outcome = _enter(a_room(ADA, BEN), EVE)

    assert told(outcome) == ["participant.joined"]
    assert outcome.after.people[EVE.id].join_seq == outcome.after.seq == 3


def test_a_full_room_takes_hosts_alone() -> None:
    room = a_room(ADA, EVE, max_participants=2)

    with pytest.raises(MeetingFull):
        _enter(room, someone("max"))
    assert told(_enter(room, BEN)) == ["participant.joined"]


def test_a_second_join_ends_the_first_stay() -> None:
    room = a_room(ADA, EVE)
    again = _again(EVE)

    outcome = _enter(room, again)

    assert told(outcome) == ["participant.left", "participant.joined", "connection.replaced"]
    assert outcome.after.people[EVE.id].join_seq == outcome.after.seq == room.seq + 2


def test_a_second_join_is_refused_where_the_meeting_says_so() -> None:
    room = a_room(ADA, EVE, duplicate_join="reject")

    with pytest.raises(AlreadyJoined):
        _enter(room, _again(EVE))


def test_a_ticket_is_good_once() -> None:
    room = a_room(ADA, EVE)

    with pytest.raises(InvalidRoomToken):
        _enter(room, _again(EVE, ticket=EVE.ticket))


def test_the_same_frame_again_changes_nothing() -> None:
    room = a_room(ADA, EVE)

    assert told(_enter(room, EVE)) == []


def test_a_ticket_from_before_a_removal_is_void() -> None:
    room = a_room(ADA).model_copy(update={"barred": {EVE.id: 1}})

    with pytest.raises(InvalidRoomToken):
        _enter(room, EVE)
    assert told(_enter(room, EVE.model_copy(update={"generation": 1}))) == ["participant.joined"]


def test_the_room_locks_itself_against_a_door_that_was_read_before() -> None:
    room = a_room(ADA, locked=True, version=2)

    with pytest.raises(MeetingLocked):
        _enter(room, EVE)
    assert told(_enter(room, EVE, admission=Admission.ADMITTED)) == ["participant.joined"]


@pytest.mark.parametrize(
    ("visitor", "settings", "told_of"),
    [
        ({"has_account": False}, {"access_type": "open"}, ["participant.joined"]),
        ({"has_account": False}, {}, ["lobby.knocked", "lobby.changed"]),
        ({}, {"lobby": True}, ["lobby.knocked", "lobby.changed"]),
        ({"invited": True}, {"lobby": True}, ["participant.joined"]),
        ({"admission": Admission.REMOVED}, {}, ["lobby.knocked", "lobby.changed"]),
    ],
)
def test_the_door_decides_who_knocks(
    visitor: dict[str, Any], settings: dict[str, Any], told_of: list[str]
) -> None:
    room = a_room(ADA, version=2, **settings)

    assert told(_enter(room, EVE, **visitor)) == told_of


def test_whoever_was_turned_away_waits_a_minute() -> None:
    room, turned_away = a_room(ADA, version=2), {"admission": Admission.REJECTED}

    with pytest.raises(LobbyRejected) as refusal:
        _enter(room, EVE, after_sec=20, decided_at=NOON, **turned_away)

    assert refusal.value.retry_after_ms == 40_000
    assert told(_enter(room, EVE, after_sec=60, decided_at=NOON, **turned_away)) == [
        "lobby.knocked",
        "lobby.changed",
    ]


def test_whoever_comes_back_to_the_lobby_keeps_its_place() -> None:
    first, second = (someone(name, joined_at=NOON) for name in ("first", "second"))
    room = a_room(ADA, waiting=(_lost(first, 5), second), version=2, access_type="restricted")

    outcome = _enter(room, _again(first, joined_at=NOON + timedelta(seconds=9)))

    assert [person.id for person in outcome.after.waiting()] == ["first", "second"]
    assert outcome.after.lobby[first.id].presence == "online"


def test_a_late_goodbye_of_an_old_connection_is_ignored() -> None:
    room = a_room(ADA, EVE)

    assert told(ask(room, EVE, Dropped(connection_id=ConnectionId("an old one")))) == []
    assert told(ask(room, EVE, Dropped(connection_id=EVE.connection_id))) == [
        "participant.connection"
    ]


def test_first_lost_then_left() -> None:
    room = a_room(ADA, EVE)

    lost = ask(room, EVE, Lapsed()).after
    early, late = (ask(lost, EVE, Lapsed(), after_sec=s) for s in (GRACE_SEC - 1, GRACE_SEC))

    assert lost.people[EVE.id].presence == "lost"
    assert (told(early), told(late)) == ([], ["participant.left"])


def test_a_lost_one_who_speaks_is_back() -> None:
    room = a_room(ADA, _lost(EVE, 5))

    assert ask(room, EVE, Noticed()).after.people[EVE.id].presence == "online"
    assert told(ask(room, ADA, Noticed())) == []


def test_a_resume_takes_the_session_over_in_silence() -> None:
    room = a_room(ADA, EVE)

    outcome = ask(room, EVE, Resume(connection_id=ConnectionId("new"), n=0))

    assert told(outcome) == ["session.resumed", "connection.replaced"]
    assert (outcome.after.seq, outcome.after.step) == (room.seq, room.step + 1)
    assert outcome.after.people[EVE.id].connection_id == "new"


def test_a_resume_after_a_loss_is_heard_of() -> None:
    room = a_room(ADA, _lost(EVE, GRACE_SEC - 1))

    outcome = ask(room, EVE, Resume(connection_id=ConnectionId("new"), n=0))

    assert told(outcome) == ["session.resumed", "participant.connection"]


def test_a_resume_token_is_good_until_its_successor_is_used() -> None:
    def resume(room: Room, n: int) -> Room:
        return ask(room, EVE, Resume(connection_id=ConnectionId(f"by {n}"), n=n)).after

    once = resume(a_room(ADA, EVE), 0)
    retried = resume(once, 0)
    twice = resume(retried, 1)

    assert [room.people[EVE.id].resumes for room in (once, retried, twice)] == [1, 1, 2]
    assert resume(twice, 1).people[EVE.id].resumes == 2
    for n in (0, 3):
        with pytest.raises(SessionExpired):
            resume(twice, n)


def test_beyond_the_grace_nobody_resumes() -> None:
    room = a_room(ADA, _lost(EVE, GRACE_SEC))

    with pytest.raises(SessionExpired):
        ask(room, EVE, Resume(connection_id=ConnectionId("new"), n=0))


def test_the_longest_present_cohost_stands_in_for_a_lost_host() -> None:
    cat = someone("cat", Role.COHOST)
    room = a_room(_lost(ADA, GRACE_SEC), BEN, cat)

    outcome = ask(room, ADA, Lapsed())

    assert told(outcome) == ["participant.left", "host.changed"]
    assert outcome.changes[1].payload() == {"from": "ada", "to": "ben", "reason": "host-lost"}
    assert outcome.after.people[BEN.id].role is Role.HOST
    assert outcome.after.acting_host == BEN.id


def test_the_host_who_returns_is_host_again() -> None:
    room = ask(a_room(_lost(ADA, GRACE_SEC), BEN), ADA, Lapsed()).after

    outcome = _enter(room, _again(ADA))

    assert told(outcome) == ["participant.joined", "host.changed"]
    roles = {id_: person.role for id_, person in outcome.after.people.items()}
    assert roles == {ADA.id: Role.HOST, BEN.id: Role.COHOST}
    assert outcome.after.acting_host is None


def test_whoever_stands_in_for_the_host_and_joins_anew_still_does() -> None:
    room = ask(a_room(_lost(ADA, GRACE_SEC), BEN), ADA, Lapsed()).after

    outcome = _enter(room, _again(BEN))

    assert told(outcome) == ["participant.left", "participant.joined", "connection.replaced"]
    assert outcome.after.people[BEN.id].role is Role.HOST
    assert outcome.after.acting_host == BEN.id


@pytest.mark.parametrize(
    ("policy", "told_of"),
    [
        ("continue", ["participant.left"]),
        ("lock", ["participant.left", "settings.changed"]),
        ("end", ["participant.left", "room.ended"]),
    ],
)
def test_without_a_cohost_the_settings_say_what_follows(policy: str, told_of: list[str]) -> None:
    room = a_room(_lost(ADA, GRACE_SEC), EVE, on_host_loss=policy)

    assert told(ask(room, ADA, Lapsed())) == told_of
    assert told(ask(a_room(ADA, EVE, on_host_loss=policy), ADA, LeaveRoom())) == [
        "participant.left"
    ]


def test_the_hosts_arrival_admits_nobody_and_tells_the_waiting() -> None:
    room = a_room(EVE, waiting=(someone("max"),))

    outcome = _enter(room, ADA)

    assert told(outcome) == ["participant.joined", "lobby.waiting"]
    assert outcome.notices[0].payload()["waitingFor"] == "approval"
    assert outcome.after.lobby


def test_nobody_comes_in_unmuted_where_that_needs_leave() -> None:
    room = a_room(ADA, unmute="by-request", version=2)
    loud = {"media": MediaState(mic="on", cam="on")}

    outcome = _enter(room, EVE.model_copy(update=loud))

    assert outcome.after.people[EVE.id].media == MediaState(cam="on")


def test_a_change_read_back_from_the_log_does_the_same() -> None:
    room = a_room(_lost(ADA, GRACE_SEC), BEN, EVE, on_host_loss="lock")
    outcome = ask(room, ADA, Lapsed())

    copy = room
    for change in outcome.changes:
        copy = replay(copy, read_change(change.record()))

    assert copy == outcome.after
    assert copy.people == outcome.after.people


def test_a_change_fits_in_one_place_only() -> None:
    room = a_room(ADA, EVE)
    (change,) = ask(room, EVE, LeaveRoom()).changes

    with pytest.raises(ValueError, match="3-0 on"):
        replay(room.model_copy(update={"seq": 7}), change)
