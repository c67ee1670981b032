"""Errors, read from the code that raises them."""

from dataclasses import dataclass

from hub_core.kernel.errors import MeetingFull, NotJoined, PeerGone, ScreenBusy
from hub_core.live.entrance import Entrance
from hub_core.rooms.policy import Visitor
from hub_core.rooms.rules import chat
from hub_core.rooms.rules.presence import Enter
from hub_core.rooms.settings import MeetingSettings
from infra.refusals import in_order, refusals

# What is read must be ours: these functions say that they are of the house.
__name__ = "hub_core.specimen"


def _direct(*, busy: bool) -> None:
    if busy:
        raise ScreenBusy("Not now.")
    raise PeerGone


def _through_another() -> None:
    _direct(busy=True)


def _sets_off() -> Enter:
    return Enter(visitor=Visitor(), settings=MeetingSettings())


def _catches() -> None:
    try:
        pass
    except NotJoined:
        return


@dataclass
class _Inner:
    def ask(self) -> None:
        raise MeetingFull


@dataclass
class _Outer:
    inner: _Inner

    def ask(self) -> None:
        self._twice()

    def _twice(self) -> None:
        self.inner.ask()


def test_what_is_raised_is_found_with_and_without_a_text() -> None:
    assert refusals(_direct) == {ScreenBusy, PeerGone}


def test_also_what_the_called_functions_raise() -> None:
    assert refusals(_through_another) == {ScreenBusy, PeerGone}


def test_also_behind_self_and_its_fields() -> None:
    assert refusals(_Outer.ask, _Outer) == {MeetingFull}


def test_a_command_that_is_made_stands_for_its_rule() -> None:
    assert MeetingFull in refusals(_sets_off)


def test_what_is_caught_is_not_an_answer() -> None:
    assert refusals(_catches) == frozenset()


def test_a_rule_of_the_house_and_its_entrance_are_read_right() -> None:
    said = [error.type for error in in_order(refusals(chat.send))]
    joining = {error.type for error in refusals(Entrance.join, Entrance)}

    assert said == ["meeting/forbidden", "room/peer-gone"]
    assert {"meeting/ended", "meeting/full", "meeting/locked", "room/invalid-token"} <= joining
