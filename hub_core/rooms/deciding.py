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

from hub_core.kernel.errors import MeetingForbidden
from hub_core.kernel.ids import Mint
from hub_core.kernel.roles import Role
from hub_core.rooms.messages import Change, Command, Event, Farewell, Notice, Reply, Whisper
from hub_core.rooms.room import Participant, Room


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


@dataclass(frozen=True)
class Outcome:
    """What a decision comes to: changes to commit, notices to pass on, farewells, the reply."""

    before: Room
    after: Room
    changes: tuple[Change, ...] = ()
    notices: tuple[Notice, ...] = ()
    farewells: tuple[Farewell, ...] = ()
    reply: Reply = field(default_factory=Reply)

    @property
    def whispers(self) -> tuple[Whisper, ...]:
        """The notices that the journal keeps."""
        return tuple(notice for notice in self.notices if isinstance(notice, Whisper))


RULES: Final[dict[type[Command], Rule]] = {}
Decider = TypeVar("Decider", bound=Callable[..., Iterable[Event]])


def decides(
    *, by: Role = Role.GUEST, wire: bool = True, by_server: bool = False
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
        RULES[command] = Rule(command, events, by, wire, by_server, decider, asks)
        return decider

    return enter


def decide(command: Command, room: Room, me: Participant, now: Now) -> Outcome:
    """Ask the rule, and number what it answers.

    Raises:
        HubError: the command is refused; nothing has changed.
    """
    rule = RULES[type(command)]
    if not me.role.may_act_as(rule.by):
        raise MeetingForbidden
    extra: tuple[Any, ...] = (now,) if rule.asks_for_now else ()
    after = room
    changes: list[Change] = []
    notices: list[Notice] = []
    farewells: list[Farewell] = []
    reply = Reply()
    for event in rule.decide(command, room, me, *extra):
        match event:
            case Change():
                numbered = event.model_copy(
                    update={
                        "id": event.id or now.mint(),
                        "seq": after.seq + 1,
                        "epoch": room.epoch,
                        "at": now.at,
                        "actor": None if rule.by_server else me.id,
                    }
                )
                after = replay(after, numbered)
                changes.append(numbered)
            case Farewell():
                farewells.append(event)
            case Notice():
                notices.append(event)
            case Reply():
                reply = event
            case _:
                raise TypeError(f"{rule.decide.__name__} told a {type(event).__name__}")
    return Outcome(room, after, tuple(changes), tuple(notices), tuple(farewells), reply)


def replay(room: Room, change: Change) -> Room:
    """The room one change later. The only way in which a room ever changes."""
    if change.seq != room.seq + 1 or change.epoch != room.epoch:
        raise ValueError(f"change {change.epoch}/{change.seq} on {room.epoch}/{room.seq}")
    return change.apply(room).model_copy(update={"seq": change.seq})
