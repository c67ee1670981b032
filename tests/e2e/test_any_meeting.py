"""Anything that anybody may do in any order: the room keeps its promises all the same.

A state machine (Hypothesis) drives the rules as the live floor does, and writes down what each
person would have got over its socket. The checker of histories, which knows only the wire contract,
reads that at the end.
"""

import json
import os
from datetime import timedelta
from typing import Any

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from hub_core.kernel.errors import HubError
from hub_core.kernel.ids import ConnectionId, ParticipantId, SessionId
from hub_core.kernel.roles import Role
from hub_core.rooms.changes import ParticipantJoined
from hub_core.rooms.deciding import Now, Outcome, decide, replay
from hub_core.rooms.messages import Command
from hub_core.rooms.policy import Admission, Visitor
from hub_core.rooms.room import Participant, Room
from hub_core.rooms.rulebook import COMMANDS, read_change
from hub_core.rooms.rules.lobby import Admitted, Rejected
from hub_core.rooms.rules.moderation import Removed
from hub_core.rooms.rules.presence import ConnectionChanged, Dropped, Enter, Lapsed, Noticed, Resume
from hub_core.rooms.view import peers
from tests.proof.check import check
from tests.proof.history import History, Line
from tests.rooms.stage import GRACE_SEC, NOON, a_room, mint, someone

NAMES = ("host", "cohost", "ada", "ben", "eve", "max")
ROLES = {"host": Role.HOST, "cohost": Role.COHOST}
PLACES = 4
RUNS = int(os.environ.get("MACHINE_RUNS", "500"))

people = st.sampled_from(NAMES)


class AnyMeeting(RuleBasedStateMachine):
    """People come, go, vanish, resume, decide about one another and talk."""

    @initialize(
        access=st.sampled_from(["open", "trusted", "restricted"]),
        loss=st.sampled_from(["continue", "lock", "end"]),
        unmute=st.sampled_from(["open", "by-request"]),
        duplicates=st.sampled_from(["replace", "reject"]),
        accounts=st.sets(people),
    )
    def begin(
        self, access: str, loss: str, unmute: str, duplicates: str, accounts: set[str]
    ) -> None:
        self.room: Room = a_room(
            access_type=access,
            on_host_loss=loss,
            unmute=unmute,
            duplicate_join=duplicates,
            max_participants=PLACES,
            version=2,
        )
        self.copy = self.room
        self.mint = mint()
        self.clock = NOON
        self.number = 0
        self.history = History(calm=False)
        self.log: list[Any] = []  # every frame that everyone gets, in order
        # What PostgreSQL knows of each.
        self.known = {
            name: Visitor(role=ROLES.get(name, Role.GUEST), has_account=name in accounts)
            for name in NAMES
        }
        self.generation = dict.fromkeys(NAMES, 0)
        self.ever_admitted: set[str] = set()

    # --- what may happen

    @rule(name=people, stale=st.booleans())
    def comes_to_the_door(self, name: str, *, stale: bool) -> None:
        self.number += 1
        generation = self.generation[name]
        me = someone(
            name,
            self.known[name].role,
            session_id=SessionId(f"session {self.number}"),
            connection_id=ConnectionId(f"connection {self.number}"),
            ticket=f"ticket {self.number}",
            generation=max(0, generation - 1) if stale else generation,
            joined_at=self.clock,
        )
        command = Enter(visitor=self.known[name], settings=self.room.settings)
        outcome = self._decide(command, me)
        if outcome and stale and generation:
            assert ParticipantId(name) not in {
                change.participant.id
                for change in outcome.changes
                if isinstance(change, ParticipantJoined)
            }

    @rule(name=people, kind=st.sampled_from(sorted(COMMANDS)), other=people, on=st.booleans())
    def asks_for_something(self, name: str, kind: str, other: str, *, on: bool) -> None:
        state = "on" if on else "off"
        payloads: dict[str, dict[str, Any]] = {
            "rtc.signal": {"to": other, "type": "offer", "sdp": "v=0"},
            "media.update": {"mic": state, "screen": state},
            "chat.send": {"text": "hi", "to": other} if on else {"text": "hi"},
            "reaction.send": {"type": "heart"},
            "lobby.admitAll": {"participantIds": list(NAMES[: 3 if on else 6])},
            "moderation.setRole": {"participantId": other, "role": "cohost" if on else "guest"},
        }
        payload = payloads.get(kind, {"participantId": other})
        me = self._present(name)
        if me is not None:
            self._decide(COMMANDS[kind].model_validate(payload), me)

    @rule(name=people, old=st.booleans())
    def loses_its_connection(self, name: str, *, old: bool) -> None:
        me = self._present(name)
        if me is not None:
            gone = ConnectionId("an old one") if old else me.connection_id
            self._decide(Dropped(connection_id=gone), me)

    @rule(name=people)
    def is_found_silent(self, name: str) -> None:
        me = self._present(name)
        if me is not None:
            self._decide(Lapsed(), me)

    @rule(name=people)
    def speaks_up_again(self, name: str) -> None:
        me = self._present(name)
        if me is not None:
            self._decide(Noticed(), me)

    @rule(name=people, back=st.integers(0, 3))
    def resumes(self, name: str, back: int) -> None:
        me = self.room.people.get(ParticipantId(name))
        if me is None:
            return
        self.number += 1
        n = me.resumes - back
        fresh = ConnectionId(f"connection {self.number}")
        outcome = self._decide(Resume(connection_id=fresh, n=n), me)
        assert outcome is None or back < 2

    @rule(seconds=st.sampled_from([1, GRACE_SEC, 61]))
    def time_goes_by(self, seconds: float) -> None:
        self.clock += timedelta(seconds=seconds)

    # --- what must hold whatever happens

    @invariant()
    def nobody_is_in_two_places(self) -> None:
        assert not self.room.people.keys() & self.room.lobby.keys()
        connections = [p.connection_id for p in self.room.people.values()]
        assert len(connections) == len(set(connections))

    @invariant()
    def guests_never_exceed_the_places(self) -> None:
        guests = [p for p in self.room.people.values() if p.role is Role.GUEST]
        assert len(guests) <= PLACES

    @invariant()
    def one_screen_and_one_host_at_most(self) -> None:
        assert sum(p.media.screen == "on" for p in self.room.people.values()) <= 1
        assert sum(p.role is Role.HOST for p in self.room.people.values()) <= 1

    @invariant()
    def whoever_is_lost_has_a_moment_of_it(self) -> None:
        for person in self.room.people.values():
            assert (person.presence == "lost") == (person.lost_at is not None)

    @invariant()
    def a_copy_made_from_the_log_is_the_room(self) -> None:
        assert self.copy == self.room
        assert self.copy.people == self.room.people
        assert self.copy.lobby == self.room.lobby

    @invariant()
    def only_the_decided_are_in(self) -> None:
        if self.room.settings.access_type == "restricted":
            for name, person in self.room.people.items():
                assert person.role is not Role.GUEST or name in self.ever_admitted

    def teardown(self) -> None:
        if hasattr(self, "history"):
            for person in self.room.online():
                people = {view["participantId"]: view for view in self._views()}
                end = {"epoch": self.room.epoch, "seq": self.room.seq, "people": people}
                self._note(person.session_id, end, "end")
            assert [str(violation) for violation in check(self.history)] == []

    # --- the live floor, in short

    def _present(self, name: str) -> Participant | None:
        id_ = ParticipantId(name)
        return self.room.people.get(id_) or self.room.lobby.get(id_)

    def _decide(self, command: Command, me: Participant) -> Outcome | None:
        before = self.room
        try:
            outcome = decide(command, before, me, Now(self.clock, self.mint, GRACE_SEC))
        except HubError:
            return None
        self.room = outcome.after
        for change in outcome.changes:
            self.copy = replay(self.copy, read_change(change.record()))
            self._write_down(change)
        self._tell(outcome)
        return outcome

    def _write_down(self, change: Any) -> None:
        """What the deeds do in PostgreSQL."""
        match change:
            case Removed(participant_id=who, generation=generation):
                self.generation[who] = generation
                removed = {"role": Role.GUEST, "admission": Admission.REMOVED}
                self.known[who] = Visitor(**{**vars(self.known[who]), **removed})
                self.ever_admitted.discard(who)
            case Admitted(participant_id=who):
                self._admission(who, Admission.ADMITTED)
                self.ever_admitted.add(who)
            case Rejected(participant_id=who):
                self._admission(who, Admission.REJECTED)
            case ParticipantJoined():
                self._admission(change.participant.id, Admission.ADMITTED)
                if change.participant.role is not Role.GUEST:
                    self.ever_admitted.add(change.participant.id)
            case _ if change.type == "role.changed":
                known = vars(self.known[change.participant_id])
                self.known[change.participant_id] = Visitor(**{**known, "role": change.role})
            case _ if change.type == "host.changed" and change.reason == "transfer":
                for who, role in ((change.former, Role.COHOST), (change.to, Role.HOST)):
                    self.known[who] = Visitor(**{**vars(self.known[who]), "role": role})

    def _admission(self, who: str, admission: Admission) -> None:
        known = vars(self.known[who])
        self.known[who] = Visitor(**{**known, "admission": admission, "decided_at": self.clock})

    def _tell(self, outcome: Outcome) -> None:
        room = outcome.after
        for change in outcome.changes:
            self._journal(change)
            if not change.public:
                continue
            frame = json.loads(change.frame())
            self.log.append(frame)
            for person in room.online():
                if person.join_seq < change.seq:
                    self._note(person.session_id, frame)
            if isinstance(change, ConnectionChanged) and change.state == "restored":
                self._fill_the_gap(room.people[change.participant_id])
            if isinstance(change, ParticipantJoined):
                self._greet(room, change.participant.id)
        for notice in outcome.notices:
            for who in notice.to:
                meant = room.people.get(who) or room.lobby.get(who)
                if meant is not None and meant.presence == "online":
                    self._note(meant.session_id, json.loads(notice.frame()))

    def _fill_the_gap(self, person: Participant) -> None:
        """Whoever sees a gap asks for it: `room.sync`."""
        self.number += 1
        asked = {"epoch": self.room.epoch, "afterSeq": person.join_seq}
        frame = {"type": "room.sync", "requestId": str(self.number), "payload": asked}
        self._note(person.session_id, frame, "sent")
        payload = {"events": [one for one in self.log if one["seq"] > person.join_seq]}
        self._note(person.session_id, {**frame, "type": "room.events", "payload": payload})

    def _greet(self, room: Room, who: ParticipantId) -> None:
        """Its `room.joined`, as the room is after the decision."""
        if who not in room.people:
            return
        views = self._views()
        payload = {
            "selfParticipant": next(v for v in views if v["participantId"] == who),
            "peers": [v for v in views if v["participantId"] != who],
            "settings": room.settings.model_dump(mode="json", by_alias=True),
            "epoch": room.epoch,
            "seq": room.seq,
        }
        frame = {"type": "room.joined", "payload": payload}
        self._note(room.people[who].session_id, frame)

    def _views(self) -> list[dict[str, Any]]:
        return [view.model_dump(mode="json", by_alias=True) for view in peers(self.room)]

    def _note(self, who: str, frame: Any, deed: str = "got") -> None:
        at = float(len(self.history.lines))
        self.history.lines.append(Line(who, deed, frame, at))

    def _journal(self, change: Any) -> None:
        """As the journal keeps it."""
        row = {"id": change.id, "epoch": change.epoch, "type": change.type, "by": change.actor}
        seq = change.seq if change.public else None
        payload = json.loads(json.dumps(change.payload()))
        self.history.journal.append({**row, "seq": seq, "payload": payload, "visible_to": None})


TestAnyMeeting = AnyMeeting.TestCase
TestAnyMeeting.settings = hypothesis_settings(
    max_examples=RUNS, stateful_step_count=50, deadline=None, derandomize=True
)
