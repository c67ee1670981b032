"""What people do in a room, and what it comes to."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from hub_core.kernel.errors import (
    LobbyAlreadyDecided,
    MeetingEnded,
    MeetingForbidden,
    MeetingFull,
    PeerGone,
    ScreenBusy,
)
from hub_core.kernel.ids import MessageId
from hub_core.kernel.roles import Role
from hub_core.rooms.room import MediaState, Participant, Room
from hub_core.rooms.rulebook import COMMANDS
from hub_core.rooms.rules.chat import Erase, SendChat
from hub_core.rooms.rules.lobby import Admit, AdmitAll, Reject
from hub_core.rooms.rules.media import UpdateMedia
from hub_core.rooms.rules.moderation import AllowUnmute, Mute, MuteAll, Remove, Renamed
from hub_core.rooms.rules.reactions import COUNTED_ABOVE, React
from hub_core.rooms.rules.roles import RoleGranted, SetRole, TransferHost
from hub_core.rooms.rules.running import Ended, LockRoom, Settled
from hub_core.rooms.rules.signalling import LARGEST_CANDIDATE, SendSignal
from hub_core.rooms.settings import MeetingSettings
from hub_core.rooms.view import peers
from tests.rooms.stage import NOON, a_room, ask, someone, told

ADA = someone("ada", Role.HOST)
BEN = someone("ben", Role.COHOST)
EVE = someone("eve")
MAX = someone("max")
SPEAKING = MediaState(mic="on")


def _lost(who: Participant) -> Participant:
    return who.model_copy(update={"presence": "lost", "lost_at": NOON})


# --- the lobby


def test_of_two_hosts_who_decide_the_second_is_told_so() -> None:
    room = a_room(ADA, BEN, waiting=(EVE,))
    rejected = ask(room, ADA, Reject(participant_id=EVE.id)).after

    with pytest.raises(LobbyAlreadyDecided):
        ask(rejected, BEN, Admit(participant_id=EVE.id))


def test_admitting_all_means_those_that_were_seen() -> None:
    room = a_room(ADA, waiting=(EVE, MAX))

    outcome = ask(room, ADA, AdmitAll(participant_ids=[EVE.id, "somebody who gave up"]))

    assert set(outcome.after.people) == {ADA.id, EVE.id}
    assert set(outcome.after.lobby) == {MAX.id}
    assert outcome.reply.payload() == {"admitted": [EVE.id]}


def test_nobody_is_admitted_beyond_the_last_place() -> None:
    room = a_room(ADA, waiting=(EVE, MAX), max_participants=2)

    outcome = ask(room, ADA, AdmitAll(participant_ids=[MAX.id, EVE.id]))

    assert set(outcome.after.people) == {ADA.id, EVE.id}
    with pytest.raises(MeetingFull):
        ask(outcome.after, ADA, Admit(participant_id=MAX.id))


def test_whoever_is_admitted_gets_the_seq_of_its_joining() -> None:
    room = a_room(ADA, waiting=(_lost(EVE), MAX))

    outcome = ask(room, ADA, AdmitAll(participant_ids=[MAX.id, EVE.id]))

    assert outcome.after.people[MAX.id].join_seq == outcome.after.seq == 2
    assert [one.participant_id for one in outcome.welcomes] == [MAX.id]
    assert EVE.id not in outcome.after.people  # it comes in when it is back


# --- keeping order


def test_a_muted_microphone_stays_off_until_a_host_allows_it() -> None:
    room = a_room(ADA, EVE.model_copy(update={"media": SPEAKING}), unmute="by-request")

    muted = ask(room, ADA, Mute(participant_id=EVE.id)).after

    with pytest.raises(MeetingForbidden):
        ask(muted, EVE, UpdateMedia(mic="on"))
    allowed = ask(muted, ADA, AllowUnmute(participant_id=EVE.id)).after
    assert ask(allowed, EVE, UpdateMedia(mic="on")).after.people[EVE.id].media == SPEAKING
    again = ask(ask(allowed, EVE, UpdateMedia(mic="on")).after, ADA, MuteAll())
    assert not again.after.people[EVE.id].may_unmute
    # Whoever sees the frames alone knows it, too; and so does whoever comes in later.
    assert again.changes[-1].payload() == {
        "participantId": EVE.id,
        "patch": {"mayUnmute": False},
    }
    assert [view.may_unmute for view in peers(allowed, ADA.id)] == [True]


def test_muting_all_leaves_the_hosts_alone() -> None:
    room = a_room(
        *(one.model_copy(update={"media": SPEAKING}) for one in (ADA, BEN, EVE, MAX)),
    )

    after = ask(room, BEN, MuteAll()).after

    assert [after.people[one.id].media.mic for one in (ADA, BEN, EVE, MAX)] == [
        *("on", "on"),
        *("off", "off"),
    ]


def test_a_removal_bars_the_ticket_and_closes_the_connection() -> None:
    outcome = ask(a_room(ADA, EVE), ADA, Remove(participant_id=EVE.id, ban=True, reason="noise"))

    assert outcome.after.barred == {EVE.id: 1}
    (kicked,) = outcome.farewells
    assert (kicked.connection_id, kicked.closes, kicked.why) == (EVE.connection_id, True, "removed")
    assert kicked.payload() == {"by": ADA.id, "reason": "noise"}


def test_a_role_counts_for_the_very_next_command() -> None:
    room = a_room(ADA, EVE, MAX)
    with pytest.raises(MeetingForbidden):
        ask(room, EVE, Mute(participant_id=MAX.id))

    promoted = ask(room, ADA, SetRole(participant_id=EVE.id, role="cohost")).after

    assert told(ask(promoted, EVE, Mute(participant_id=MAX.id))) == []


def test_the_chair_goes_only_to_an_account_and_only_from_its_owner() -> None:
    guest = someone("guest", user_id=None)
    room = a_room(ADA, BEN, guest)

    handed = ask(room, ADA, TransferHost(participant_id=BEN.id)).after

    assert [handed.people[one.id].role for one in (ADA, BEN)] == [Role.COHOST, Role.HOST]
    with pytest.raises(MeetingForbidden):
        ask(room, ADA, TransferHost(participant_id=guest.id))
    standing_in = handed.model_copy(update={"acting_host": BEN.id})
    with pytest.raises(MeetingForbidden):
        ask(standing_in, BEN, TransferHost(participant_id=ADA.id))


def test_an_accepted_invite_never_unseats_the_host() -> None:
    room = a_room(ADA, EVE)

    assert told(ask(room, EVE, RoleGranted(role="cohost"))) == ["role.changed"]
    assert told(ask(room, ADA, RoleGranted(role="cohost"))) == []


def test_whoever_decides_about_the_lobby_from_now_on_is_shown_who_waits() -> None:
    room = a_room(ADA, EVE, waiting=(MAX,))

    for asker, command in (
        (EVE, RoleGranted(role="cohost")),
        (ADA, SetRole(participant_id=EVE.id, role="cohost")),
        (ADA, TransferHost(participant_id=EVE.id)),
    ):
        (news,) = ask(room, asker, command).notices
        assert (news.type, EVE.id in news.to) == ("lobby.changed", True)


# --- media


def test_one_screen_at_a_time() -> None:
    room = ask(a_room(ADA, EVE, MAX), EVE, UpdateMedia(screen="on")).after

    with pytest.raises(ScreenBusy, match="Eve is sharing"):
        ask(room, MAX, UpdateMedia(screen="on"))
    outcome = ask(room, ADA, UpdateMedia(screen="on"))
    assert [change.payload() for change in outcome.changes] == [
        {"participantId": EVE.id, "patch": {"screen": "off"}, "by": ADA.id},
        {"participantId": ADA.id, "patch": {"screen": "on"}},
    ]


def test_what_is_as_it_was_is_no_news() -> None:
    assert told(ask(a_room(ADA, EVE), EVE, UpdateMedia(mic="off", cam="off"))) == []


def test_screens_may_be_for_hosts_alone() -> None:
    room = a_room(ADA, EVE, screen_share="hosts")

    with pytest.raises(MeetingForbidden):
        ask(room, EVE, UpdateMedia(screen="on"))
    assert told(ask(room, ADA, UpdateMedia(screen="on"))) == ["media.changed"]


# --- talking


def test_chat_may_be_for_hosts_alone() -> None:
    room = a_room(ADA, EVE, chat="hosts")

    with pytest.raises(MeetingForbidden):
        ask(room, EVE, SendChat(text="hi"))
    assert told(ask(room, ADA, SendChat(text="hi", to=EVE.id))) == ["chat.message"]


def test_a_private_message_is_no_room_event() -> None:
    outcome = ask(a_room(ADA, EVE, MAX), EVE, SendChat(text="psst", to=MAX.id))

    assert outcome.changes == ()
    assert [set(one.to) for one in outcome.whispers] == [{EVE.id, MAX.id}]
    with pytest.raises(PeerGone):
        ask(a_room(ADA, EVE, waiting=(MAX,)), EVE, SendChat(text="psst", to=MAX.id))


@pytest.mark.parametrize(
    ("who", "private", "told_of"),
    [
        (EVE, None, ["chat.deleted"]),
        (MAX, None, "forbidden"),
        (BEN, None, ["chat.deleted"]),
        (EVE, (EVE.id, MAX.id), ["chat.deleted"]),
        (BEN, (EVE.id, BEN.id), "forbidden"),
    ],
)
def test_a_message_is_taken_back_by_its_author_and_by_hosts(
    who: Participant, private: Any, told_of: Any
) -> None:
    message = Erase(id=MessageId("m"), author=EVE.id, private_to=private, erased=False)

    try:
        outcome: Any = told(ask(a_room(ADA, BEN, EVE, MAX), who, message))
    except MeetingForbidden:
        outcome = "forbidden"

    assert outcome == told_of


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "offer"},
        {"type": "ice"},
        {"type": "offer", "sdp": "not SDP"},
        {"type": "offer", "sdp": "v=0" + "x" * 24 * 1024},
        {"type": "ice", "candidate": "x" * 1025},
        {"type": "ice", "candidate": 7},
        {"type": "shout", "sdp": "v=0"},
        {"type": "offer", "sdp": "v=0", "n": -1},
    ],
)
def test_a_signal_has_what_it_announces_and_no_more(payload: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SendSignal.model_validate({"to": "eve", **payload})


@pytest.mark.parametrize("to", ["ada", "nobody", "waiting"])
def test_a_signal_goes_to_somebody_else_in_the_room(to: str) -> None:
    room = a_room(ADA, EVE, waiting=(someone("waiting"),))

    with pytest.raises(PeerGone):
        ask(room, ADA, SendSignal.model_validate({"to": to, "type": "ice", "candidate": None}))


def test_the_end_of_candidates_is_passed_on() -> None:
    end = SendSignal.model_validate({"to": "eve", "type": "ice", "candidate": None})

    (signal,) = ask(a_room(ADA, EVE), ADA, end).notices

    assert signal.payload() == {"from": "ada", "type": "ice", "candidate": None}


@pytest.mark.parametrize("size", [1023, 1024, 1025])
def test_a_candidate_has_at_most_a_kilobyte(size: int) -> None:
    inside = {"candidate": "x" * (size - len('{"candidate":""}'))}
    for candidate in ("x" * size, inside):
        signal = {"to": "eve", "type": "ice", "candidate": candidate}
        try:
            fits = bool(SendSignal.model_validate(signal))
        except ValidationError:
            fits = False

        assert fits is (size <= LARGEST_CANDIDATE)


def test_reactions_of_many_are_counted() -> None:
    few = a_room(*(someone(f"p{n}") for n in range(COUNTED_ABOVE)))
    many = a_room(*(someone(f"p{n}") for n in range(COUNTED_ABOVE + 1)))

    heart = React.model_validate({"type": "heart"})
    assert told(ask(few, someone("p1"), heart)) == ["reaction.added"]
    assert told(ask(many, someone("p1"), heart)) == ["reaction.batch"]


def test_hands_stand_in_a_row() -> None:
    first = ask(a_room(ADA, EVE, MAX), EVE, COMMANDS["hand.raise"]())
    second = ask(first.after, MAX, COMMANDS["hand.raise"](), after_sec=1)

    assert [one.changes[0].payload()["position"] for one in (first, second)] == [1, 2]
    assert second.after.people[MAX.id].hand_raised_at == NOON + timedelta(seconds=1)


# --- running the meeting


def test_settings_that_do_not_contain_the_rooms_own_are_not_taken() -> None:
    room: Room = ask(a_room(ADA, EVE), ADA, LockRoom()).after
    both = MeetingSettings(version=3, chat="hosts", locked=True)

    for settings, version in ((both, 1), (both, 3), (MeetingSettings(version=2), 2)):
        assert told(ask(room, ADA, Settled(settings=settings, instead_of=version))) == []
    (change,) = ask(room, ADA, Settled(settings=both, instead_of=2)).changes
    assert change.payload() == {"version": 3, "patch": {"chat": "hosts"}, "by": None}


def test_a_meeting_ends_once() -> None:
    over = ask(a_room(ADA), ADA, Ended()).after

    assert over.ended_at == NOON
    with pytest.raises(MeetingEnded):
        ask(over, ADA, Ended())


def test_a_new_name_is_told_once() -> None:
    renamed = Renamed(display_name="Evelyn", avatar_url=None)

    after = ask(a_room(ADA, EVE), EVE, renamed).after

    assert after.people[EVE.id].display_name == "Evelyn"
    assert told(ask(after, EVE, renamed)) == []
