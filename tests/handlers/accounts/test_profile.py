"""Changing one's name and picture."""

from typing import Any

import pytest

from tests.container import Answer, Container
from tests.handlers.accounts.client import call, log_out, me, register


def change(container: Container, token: str | None, **what: Any) -> Answer:
    return call(container, "change_profile", "PATCH", "/v1/me", token=token, body=what)


def test_what_is_named_changes_and_the_rest_stays(container: Container) -> None:
    tokens = register(container).json
    url = "https://pictures.example/a%20b/ada.jpg?size=96#face"

    first = change(container, tokens["accessToken"], avatarUrl=url)
    second = change(container, tokens["accessToken"], displayName="  Ada Lovelace ")
    third = change(container, tokens["accessToken"])

    assert first.json["user"] == {**tokens["user"], "avatarUrl": url}
    assert second.json["user"] == {**first.json["user"], "displayName": "Ada Lovelace"}
    assert third.json == second.json == me(container, tokens["accessToken"]).json


def test_a_picture_can_be_taken_away(container: Container) -> None:
    token = register(container).json["accessToken"]
    change(container, token, avatarUrl="https://pictures.example/ada.jpg")

    assert change(container, token, avatarUrl=None).json["user"]["avatarUrl"] is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ada.jpg",
        "//pictures.example/ada.jpg",
        "http://pictures.example/ada.jpg",
        "HTTP://pictures.example/ada.jpg",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "https:pictures.example",
        "https:///ada.jpg",
        "https://",
        "https://ada@pictures.example/",
        "https://ada:secret@pictures.example/",
        "https://pictures.example:0/",
        "https://pictures.example:99999/",
        "https://pictures.example:x/",
        "https://[::1/",
        "https://pictures.example/a b",
        "https://pictures.example/\n",
        "https://pictures.example/\u202e",
        'https://pictures.example/">',
        "https://pictures.example\\@evil.example/",
        "https://bücher.example/",
        "https://pictures.example/" + "a" * 2048,
        7,
        ["https://pictures.example/"],
    ],
)
def test_a_picture_is_an_https_url(container: Container, url: Any) -> None:
    token = register(container).json["accessToken"]

    answer = change(container, token, avatarUrl=url)

    assert (answer.status, answer.json["type"]) == (400, "validation/invalid")
    assert [fault["pointer"] for fault in answer.json["errors"]] == ["/avatarUrl"]
    assert me(container, token).json["user"]["avatarUrl"] is None


@pytest.mark.parametrize(
    "what",
    [{"displayName": None}, {"displayName": " "}, {"email": "eve@example.com"}, {"id": "1"}],
)
def test_nothing_else_can_be_changed(container: Container, what: dict[str, Any]) -> None:
    tokens = register(container).json

    answer = change(container, tokens["accessToken"], **what)

    assert (answer.status, answer.json["type"]) == (400, "validation/invalid")
    assert me(container, tokens["accessToken"]).json["user"] == tokens["user"]


def test_a_name_comes_back_as_it_was_sent(container: Container) -> None:
    token = register(container).json["accessToken"]

    for name in ("<script>alert(1)</script>", "{{7*7}}", "'; DROP TABLE users; --", "👩‍🚀", "Ä"):
        assert change(container, token, displayName=name).json["user"]["displayName"] == name


def test_who_has_signed_out_changes_nothing(container: Container) -> None:
    token = register(container).json["accessToken"]
    log_out(container, token)

    assert change(container, token, displayName="Eve").status == 401
    assert change(container, None, displayName="Eve").status == 401
