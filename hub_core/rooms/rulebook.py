"""Everything that can be asked of a room: imports every rules module, and finds things by name."""

from typing import Any, Final

import orjson
from pydantic import ValidationError

from hub_core.rooms.deciding import RULES, Rule
from hub_core.rooms.messages import Change, Command
from hub_core.rooms.rules import (
    chat,
    hands,
    lobby,
    media,
    moderation,
    presence,
    reactions,
    roles,
    running,
    signalling,
)

MODULES: Final = (
    presence,
    lobby,
    signalling,
    media,
    chat,
    reactions,
    hands,
    moderation,
    roles,
    running,
)

COMMANDS: Final[dict[str, type[Command]]] = {
    rule.command.type: rule.command for rule in RULES.values() if rule.wire
}
"""The commands that clients may send to a room, by their `type`."""

CHANGES: Final[dict[str, type[Change]]] = {
    event.type: event
    for rule in RULES.values()
    for event in rule.events
    if issubclass(event, Change)
}
"""The changes that a room's log may hold, by their `type`."""


def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the modules."""
    places = {module.__name__: place for place, module in enumerate(MODULES)}
    return tuple(sorted(RULES.values(), key=lambda rule: places[rule.decide.__module__]))


def read_change(record: bytes) -> Change:
    """A change as `Change.record` wrote it."""
    fields: dict[str, Any] = orjson.loads(record)
    return CHANGES[fields.pop("type")].model_validate(fields)


class Unreadable(Exception):
    """A change that this code does not know: newer code made it, or code that was taken back."""


def try_to_read(record: bytes) -> Change:
    """As `read_change`.

    Raises:
        Unreadable: it is none that this code knows.
    """
    try:
        return read_change(record)
    except (KeyError, ValidationError, orjson.JSONDecodeError) as error:
        raise Unreadable from error
