"""Errors as clients see them."""

from typing import ClassVar

import pytest

from hub_core.kernel.errors import CATALOGUE, Fault, HubError, Invalid, MeetingFull, Unavailable


def test_an_error_says_what_its_class_and_its_raiser_know() -> None:
    error = Invalid("Two things are wrong.", errors=[Fault(pointer="/title", detail="is empty")])

    problem = error.problem("JKJaXmPLvHcESHA=").model_dump(by_alias=True, exclude_none=True)

    assert problem == {
        "type": "validation/invalid",
        "title": "The request does not have the expected shape.",
        "detail": "Two things are wrong.",
        "status": 400,
        "instance": "JKJaXmPLvHcESHA=",
        "errors": [{"pointer": "/title", "detail": "is empty"}],
    }


def test_without_a_detail_the_title_is_the_detail() -> None:
    assert MeetingFull().problem().detail == "This meeting is full."


def test_unavailable_always_says_when_to_come_back() -> None:
    assert Unavailable().problem().retry_after_ms == 1000
    assert Unavailable(retry_after_ms=250).problem().retry_after_ms == 250


def test_two_errors_cannot_share_a_type() -> None:
    with pytest.raises(TypeError, match="meeting/full is in the catalogue already"):

        class Again(HubError):
            type: ClassVar[str] = "meeting/full"
            status: ClassVar[int] = 409
            title: ClassVar[str] = "Again."

    assert CATALOGUE["meeting/full"] is MeetingFull
