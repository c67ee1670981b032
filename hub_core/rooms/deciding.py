"""Rules: how a command becomes changes. The signature of a rule is its registration.

    @decides(by=Role.GUEST)
    def raise_hand(command: RaiseHand, room: Room, me: Participant) -> Iterator[HandChanged]: ...

The first parameter's type routes the command, `by` is the least role that may ask, the return type
lists what may follow: AsyncAPI and the role matrix are read from here. A rule that needs the time
or a fresh id asks for a fourth parameter, `now: Now`. Rules are pure: values in, values out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from inspect import signature
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from hub_core.kernel.errors import MeetingEnded, MeetingForbidden, NotJoined
from hub_core.kernel.ids import Mint, ParticipantId
from hub_core.kernel.roles import Role
from hub_core.rooms.messages import (
    Change,
    Command,
    Event,
    Farewell,
    Notice,
    Reply,
    Tally,
    Welcome,
    Whisper,
)
from hub_core.rooms.room import Participant, Position, Room


@dataclass(frozen=True)
class Now:
    """The moment of a decision, handed in: the time, fresh ids, and how long grace lasts."""

    at: datetime
    mint: Mint
    grace_sec: float


@dataclass(frozen=True)
class Rule:
    """One rule, read from the signature of the function that decides."""

    command: type[Command]
    events: tuple[type[Event], ...]
    by: Role
    wire: bool
    """False: only the server itself may ask (`Dropped`, `Lapsed`)."""
    by_server: bool
    """Whether what follows is the server's doing, and not the participant's."""
    decide: Callable[..., Iterable[Event]]
    asks_for_now: bool
    in_lobby: bool = False
    """Whether someone who waits in the lobby may ask, too."""


@dataclass(frozen=True)
class Outcome:
    """What a decision comes to: changes to commit, notices to pass on, farewells, the reply."""

    before: Room
    after: Room
    changes: tuple[Change, ...] = ()
    notices: tuple[Notice, ...] = ()
    farewells: tuple[Farewell, ...] = ()
    welcomes: tuple[Welcome, ...] = ()
    tallies: tuple[Tally, ...] = ()
    reply: Reply = field(default_factory=Reply)

    @property
    def whispers(self) -> tuple[Whisper, ...]:
        """The notices that the journal keeps."""
        return tuple(notice for notice in self.notices if isinstance(notice, Whisper))


RULES: Final[dict[type[Command], Rule]] = {}
Decider = TypeVar("Decider", bound=Callable[..., Iterable[Event]])


def decides(
    *,
    by: Role = Role.GUEST,
    wire: bool = True,
    by_server: bool = False,
    in_lobby: bool = False,
) -> Callable[[Decider], Decider]:
    """Enter a function into the rulebook under the type of its first parameter."""

    def enter(decider: Decider) -> Decider:
        hints = get_type_hints(decider)
        command = next(iter(hints.values()))
        if command in RULES:
            raise TypeError(f"{command.__name__} has two rules")
        (told,) = get_args(hints["return"])
        events = get_args(told) if get_origin(told) else (told,)
        asks = "now" in signature(decider).parameters
        RULES[command] = Rule(command, events, by, wire, by_server, decider, asks, in_lobby)
        return decider

    return enter


def decide(command: Command, room: Room, me: Participant, now: Now) -> Outcome:
    """Ask the rule, and number what it answers.

    Raises:
        HubError: the command is refused; nothing has changed.
    """
    rule = RULES[type(command)]
    if room.ended_at:
        raise MeetingEnded
    if rule.wire and not rule.in_lobby and me.id not in room.people:
        raise NotJoined
    if not me.role.may_act_as(rule.by):
        raise MeetingForbidden
    extra: tuple[Any, ...] = (now,) if rule.asks_for_now else ()
    heard = _Heard(room, now, None if rule.by_server else me.id)
    for event in rule.decide(command, room, me, *extra):
        heard.note(event)
    return heard.outcome()


@dataclass
class _Heard:
    """What a rule has told so far."""

    before: Room
    now: Now
    actor: ParticipantId | None
    after: Room = field(init=False)
    told: list[Event] = field(default_factory=list)
    reply: Reply = field(default_factory=Reply)

    def __post_init__(self) -> None:
        self.after = self.before

    def note(self, event: Event) -> None:
        if isinstance(event, Change):
            event = self._numbered(event)
            self.after = replay(self.after, event)
        if isinstance(event, Reply):
            self.reply = event
        else:
            self.told.append(event)

    def _numbered(self, change: Change) -> Change:
        seq, step = following(self.after, change)
        return change.model_copy(
            update={
                "id": change.id or self.now.mint(),
                "seq": seq,
                "step": step,
                "epoch": self.before.epoch,
                "at": self.now.at,
                "actor": self.actor,
            }
        )

    def outcome(self) -> Outcome:
        told = self.told
        return Outcome(
            self.before,
            self.after,
            tuple(event for event in told if isinstance(event, Change)),
            tuple(event for event in told if isinstance(event, Notice)),
            tuple(event for event in told if isinstance(event, Farewell)),
            tuple(event for event in told if isinstance(event, Welcome)),
            tuple(event for event in told if isinstance(event, Tally)),
            self.reply,
        )


def following(room: Room, change: Change) -> Position:
    """The place in the log that such a change would have."""
    return Position(room.seq + 1, 0) if change.public else Position(room.seq, room.step + 1)


def replay(room: Room, change: Change) -> Room:
    """The room one change later. The only way in which a room ever changes."""
    if (change.seq, change.step) != following(room, change) or change.epoch != room.epoch:
        raise ValueError(f"{change.epoch}/{change.seq}-{change.step} on {room.epoch}/{room.at}")
    return change.apply(room).model_copy(
        update={"seq": change.seq, "step": change.step, "last": change.id}
    )
