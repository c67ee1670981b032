"""AsyncAPI, read from the rules."""

import json
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from jsonschema_rs import Draft202012Validator

from hub_core.kernel.errors import MeetingFull
from hub_core.kernel.ids import Epoch
from hub_core.kernel.roles import Role
from hub_core.rooms.deciding import Now, Rule
from hub_core.rooms.messages import Change, Command, Notice, Optional, Reply
from hub_core.rooms.room import Participant, Room
from infra.asyncapi import document, of_rule


class Wave(Command):
    """Wave at somebody.

    They may wave back.
    """

    type: ClassVar[str] = "wave.send"
    hand: str


class Waved(Change):
    """Somebody waved."""

    type: ClassVar[str] = "wave.changed"
    hand_used: str
    back: Optional[bool] = None


class Whistled(Notice):
    """Somebody whistled."""

    type: ClassVar[str] = "whistle.added"
    tune: str | None = None


class WaveDone(Reply):
    """They saw it."""

    number: int


def _wave(
    command: Wave, room: Room, me: Participant, now: Now
) -> Iterator[Waved | Whistled | WaveDone]:
    if not room.people:
        raise MeetingFull
    yield Waved(hand_used=command.hand)


RULE = Rule(
    Wave,
    (Waved, Whistled, WaveDone),
    Role.COHOST,
    wire=True,
    by_server=False,
    decide=_wave,
    asks_for_now=True,
)


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document([of_rule(RULE)], further=())


def _validator(described: dict[str, Any], message: str) -> Draft202012Validator:
    """Of the frames of a message."""
    frame = described["components"]["messages"][message]["payload"]
    return Draft202012Validator({**frame, "components": described["components"]})


def test_a_command_names_its_role_what_it_tells_and_how_it_is_refused(
    described: dict[str, Any],
) -> None:
    operation = described["operations"]["Wave"]

    assert operation["action"] == "receive"
    assert operation["title"] == "wave.send"
    assert operation["summary"] == "Wave at somebody."
    assert operation["x-role"] == "cohost"
    assert operation["x-tells"] == ["Waved", "Whistled"]
    assert operation["x-refusals"] == [
        "validation/invalid",
        "request/rate-limited",
        "server/internal-error",
        "server/unavailable",
        "meeting/forbidden",
        "meeting/ended",
        "meeting/full",
        "room/not-joined",
    ]


def test_a_command_names_its_reply_and_its_error(described: dict[str, Any]) -> None:
    replies = described["operations"]["Wave"]["reply"]["messages"]

    assert [one["$ref"] for one in replies] == [
        "#/channels/socket/messages/WaveDone",
        "#/channels/socket/messages/WaveRefused",
    ]


def test_frames_of_the_code_fit_their_schemas(described: dict[str, Any]) -> None:
    waved = Waved(hand_used="left", id="1", seq=7, epoch=Epoch("e"))
    whistled = Whistled(to=())
    done = WaveDone(number=1)

    for event in (waved, whistled, done):
        _validator(described, type(event).__name__).validate(json.loads(event.frame()))


def test_a_frame_that_lacks_or_changes_something_does_not(described: dict[str, Any]) -> None:
    validator = _validator(described, "Waved")

    assert not validator.is_valid({"type": "wave.changed", "epoch": "e", "payload": {}})
    assert not validator.is_valid(
        {"type": "wave.changed", "epoch": "e", "seq": 1, "payload": {"handUsed": 3}}
    )
    assert not validator.is_valid(
        {"type": "other", "epoch": "e", "seq": 1, "payload": {"handUsed": "left"}}
    )


def test_what_only_the_house_knows_is_not_shown(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]

    assert set(schemas["Waved"]["properties"]) == {"handUsed", "back"}
    assert schemas["Waved"]["required"] == ["handUsed"]
    assert set(schemas["Whistled"]["properties"]) == {"tune"}


def test_every_refusal_comes_with_an_example_that_fits(described: dict[str, Any]) -> None:
    examples = described["components"]["messages"]["WaveRefused"]["examples"]
    validator = _validator(described, "WaveRefused")

    assert "meeting/full" in [example["name"] for example in examples]
    for example in examples:
        validator.validate(example["payload"])
    strange = {**examples[0]["payload"]["payload"], "type": "room/peer-gone"}
    assert not validator.is_valid({"type": "error", "payload": strange})


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for child in node.values():
                yield from references(child)
        elif isinstance(node, list):
            for child in node:
                yield from references(child)

    for reference in references(described):
        target: Any = described
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
