"""Who may do what: every command, asked for by every role, in one table."""

from typing import Any

import pytest

from hub_core.kernel.errors import HubError
from hub_core.kernel.roles import Role
from hub_core.rooms.messages import Command
from hub_core.rooms.room import MediaState, Participant, Room
from hub_core.rooms.rulebook import COMMANDS
from tests.rooms.stage import NOON, a_room, ask, someone, told

HOST = someone("host", Role.HOST)
COHOST = someone("cohost", Role.COHOST)
GUEST = someone("guest", hand_raised_at=NOON)
OTHER = someone("other", media=MediaState(mic="on"), hand_raised_at=NOON)
WAITING = someone("waiting")
ROOM = a_room(HOST, COHOST, GUEST, OTHER, waiting=(WAITING,))
LOCKED = a_room(HOST, COHOST, GUEST, OTHER, waiting=(WAITING,), locked=True)

OUT, NO = "room/not-joined", "meeting/forbidden"
LEFT = "participant.left"
TO = {"participantId": "other"}
MUTED = ["media.changed", "moderation.muted"]
PUT_OUT = ["moderation.removed", LEFT, "room.kicked"]
TURNED_AWAY = ["lobby.rejected", "lobby.changed", "lobby.result"]
LET_IN = ["lobby.admitted", "participant.joined", "lobby.changed", "lobby.result"]

# command, payload: what comes of it when a guest, a cohost, the host asks.
TABLE: list[Any] = [
    ("ping", {}, [], [], []),
    ("room.leave", {}, [LEFT], [LEFT], [LEFT, "host.changed"]),
    ("lobby.cancel", {}, OUT, OUT, OUT),
    ("lobby.admit", {"participantId": "waiting"}, NO, LET_IN, LET_IN),
    ("lobby.admitAll", {"participantIds": ["waiting"]}, NO, LET_IN, LET_IN),
    ("lobby.reject", {"participantId": "waiting"}, NO, TURNED_AWAY, TURNED_AWAY),
    ("rtc.signal", {"to": "other", "type": "offer", "sdp": "v=0"}, *[["rtc.signal"]] * 3),
    ("media.update", {"mic": "on"}, *[["media.changed"]] * 3),
    ("media.requestUnmute", {}, *[["media.unmuteRequested"]] * 3),
    ("chat.send", {"text": "hi"}, *[["chat.message"]] * 3),
    ("chat.send", {"text": "hi", "to": "other"}, *[["chat.message"]] * 3),
    ("reaction.send", {"type": "heart"}, *[["reaction.added"]] * 3),
    ("hand.raise", {}, [], ["hand.changed"], ["hand.changed"]),
    ("hand.lower", {}, ["hand.changed"], [], []),
    ("hand.lower", TO, NO, ["hand.changed"], ["hand.changed"]),
    ("hand.lower", {"participantId": "host"}, NO, NO, []),
    ("moderation.mute", TO, NO, MUTED, MUTED),
    ("moderation.mute", {"participantId": "host"}, NO, NO, NO),
    ("moderation.mute", {"participantId": "cohost"}, NO, NO, []),
    ("moderation.muteAll", {}, NO, MUTED, MUTED),
    ("moderation.askUnmute", TO, NO, *[["moderation.unmuteAsked"]] * 2),
    ("moderation.askUnmute", {"participantId": "host"}, NO, NO, NO),
    ("moderation.askUnmute", {"participantId": "cohost"}, NO, NO, ["moderation.unmuteAsked"]),
    ("moderation.allowUnmute", {"participantId": "host"}, NO, NO, NO),
    (
        "moderation.allowUnmute",
        TO,
        NO,
        *[["participant.updated", "moderation.unmuteAsked"]] * 2,
    ),
    ("moderation.remove", TO, NO, PUT_OUT, PUT_OUT),
    ("moderation.remove", {"participantId": "host"}, NO, NO, NO),
    ("moderation.remove", {"participantId": "cohost"}, NO, NO, PUT_OUT),
    ("moderation.setRole", {**TO, "role": "cohost"}, NO, NO, ["role.changed", "lobby.changed"]),
    ("moderation.setRole", {"participantId": "host", "role": "guest"}, NO, NO, NO),
    ("host.transfer", TO, NO, NO, ["host.changed", "lobby.changed"]),
    ("room.lock", {}, NO, ["settings.changed"], ["settings.changed"]),
    ("room.unlock", {}, NO, [], []),
    ("room.end", {}, NO, NO, ["room.ended"]),
]
IN_LOBBY = {"ping": [], "lobby.cancel": ["lobby.left", "lobby.changed"]}
"""What comes of it when someone in the lobby asks; of everything else, nothing."""


def _outcome(room: Room, who: Participant, command: Command) -> Any:
    try:
        return told(ask(room, who, command))
    except HubError as refusal:
        return refusal.type


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]} {row[1]}")
@pytest.mark.parametrize("who", [GUEST, COHOST, HOST], ids=lambda who: who.id)
def test_what_comes_of_a_command_depends_on_the_role(row: Any, who: Participant) -> None:
    kind, payload, *outcomes = row
    expected = outcomes[[GUEST, COHOST, HOST].index(who)]

    outcome = _outcome(ROOM, who, COMMANDS[kind].model_validate(payload))

    assert outcome == expected


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]} {row[1]}")
@pytest.mark.parametrize("role", Role)
def test_nobody_does_anything_from_the_lobby(row: Any, role: Role) -> None:
    kind, payload, *_ = row
    waiting = WAITING.model_copy(update={"role": role})
    room = a_room(HOST, OTHER, waiting=(waiting,))

    outcome = _outcome(room, waiting, COMMANDS[kind].model_validate(payload))

    assert outcome == IN_LOBBY.get(kind, OUT)


def test_every_command_is_in_the_table() -> None:
    assert {row[0] for row in TABLE} == set(COMMANDS)


@pytest.mark.parametrize("who", [GUEST, COHOST, HOST], ids=lambda who: who.id)
def test_a_locked_room_is_unlocked_by_those_who_may_lock_it(who: Participant) -> None:
    outcome = _outcome(LOCKED, who, COMMANDS["room.unlock"]())

    assert outcome == (NO if who is GUEST else ["settings.changed"])


@pytest.mark.parametrize("kind", sorted(COMMANDS))
def test_nothing_happens_any_more_in_a_room_that_is_over(kind: str) -> None:
    over = ROOM.model_copy(update={"ended_at": NOON})
    payload = next(row[1] for row in TABLE if row[0] == kind)

    outcome = _outcome(over, HOST, COMMANDS[kind].model_validate(payload))

    assert outcome == "meeting/ended"
