"""The picture of the house."""

import pytest

from infra.picture import BEGIN, END, draw, floors, framed

SAID = {"roof": "Keeps the rain out.", "walls": "Stand.", "ground": "Carries.", "shed": "Apart."}
ARROWS = {
    "roof": {"walls", "ground"},
    "walls": {"ground"},
    "ground": set[str](),
    "shed": set[str](),
}


def test_everything_stands_one_floor_above_what_it_imports() -> None:
    arrows = {"a": ["b", "c"], "b": ["d"], "c": [], "d": []}

    assert floors(arrows) == [["a"], ["b"], ["c", "d"]]


def test_a_circle_has_no_floors() -> None:
    with pytest.raises(ValueError, match="the lowest of a, b"):
        floors({"a": ["b"], "b": ["a"], "c": []})


def test_the_picture_shows_who_stands_on_whom_and_who_stands_apart() -> None:
    lines = draw(ARROWS, SAID).splitlines()

    assert lines[0] == "roof    Keeps the rain out."
    assert lines[1] == "        ↓ ground · walls"
    assert [line for line in lines if line.startswith("─")] == [lines[2], lines[5]]
    assert lines[-3:] == ["ground  Carries.", "═" * 100, "shed    Apart."]


def test_the_picture_takes_the_place_of_the_one_before() -> None:
    text = f"# Title\n\n{BEGIN}\nold\n{END}\n\nMore.\n"

    renewed = framed(text, "new\n")

    assert renewed == f"# Title\n\n{BEGIN}\n```text\nnew\n```\n{END}\n\nMore.\n"
    assert framed(renewed, "new\n") == renewed


def test_a_text_without_a_picture_gets_one_at_its_end() -> None:
    assert framed("# Title\n", "new\n") == f"# Title\n\n{BEGIN}\n```text\nnew\n```\n{END}\n"
