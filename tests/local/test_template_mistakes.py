"""Templates with something at a place where something else belongs: told, whatever it is."""

from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from local import template as reader
from local.cloudformation.document import load
from local.template import TemplateError, read_template
from tests.local.templates import FUNCTION, Read, problems, with_property
from tests.local.templates import read as read

EXAMPLE = Path(__file__).parent / "example" / "template.yaml"
JUNK: tuple[Any, ...] = ("x", 5, [[1]], {"a": {}}, {"Ref": 5}, {"Ref": ["a"]}, {1: 2}, float("inf"))


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        ("Globals: []\nMetadata: 5", "Metadata: this part of the template is no map"),
        ("Globals: {Function: [a]}", "Function: this part of Globals is no map"),
        ("Parameters: [a]", "Parameters: this part of the template is no map"),
        ("Parameters: {A: String}", "Parameters: A is no map"),
        ("Mappings: x", "Mappings: this part of the template is no map"),
        ("Conditions: x", "Conditions: this part of the template is no map"),
    ],
)
def test_a_section_that_is_no_map_is_told(read: Read, head: str, problem: str) -> None:
    assert problem in problems(read, FUNCTION, head)


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ("Timeout: .inf", "F: Timeout is inf, not a whole number"),
        ("Timeout: {Ref: 5}", "F: Timeout: Ref is used wrongly: 5"),
        (
            "Events: {A: {Type: HttpApi, Properties: [/a]}}",
            "F, A: it is no map",
        ),
        (
            "Environment: {Variables: {5: five}}",
            "F, Environment: 5 is no name that AWS takes for a variable",
        ),
    ],
)
def test_a_property_of_the_wrong_kind_is_told(read: Read, properties: str, problem: str) -> None:
    assert problem in problems(read, with_property(properties))


def test_a_type_that_is_no_text_is_none(read: Read) -> None:
    assert problems(read, FUNCTION + "  G: {Type: [a]}\n") == ("G: it has no Type",)


def test_whatever_stands_anywhere_is_read_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = load(EXAMPLE)

    for place in _places(sound):
        for junk in JUNK:
            spoilt = _with(sound, place, junk)
            monkeypatch.setattr(reader, "load", lambda _path, spoilt=spoilt: spoilt)
            with suppress(TemplateError):
                read_template(EXAMPLE, environment={})


def _places(node: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else ()
    for key, child in children:
        yield (*place, key)
        yield from _places(child, (*place, key))


def _with(sound: Any, place: tuple[Any, ...], junk: Any) -> Any:
    spoilt = deepcopy(sound)
    node = spoilt
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = junk
    return spoilt
