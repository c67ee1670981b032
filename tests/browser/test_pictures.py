"""The README's pictures, taken from the running page: `make pictures` keeps them."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Launch
from tests.browser.people import Company, Someone
from tests.browser.portraits import Looks, portrait

_LOOKS = {
    "Ada Lovelace": Looks(
        wall=(0.62, 0.72, 0.68),
        skin=(0.93, 0.78, 0.67),
        hair=(0.20, 0.13, 0.10),
        shirt=(0.20, 0.35, 0.45),
    ),
    "Ben Okri": Looks(
        wall=(0.80, 0.68, 0.52),
        skin=(0.45, 0.30, 0.22),
        hair=(0.08, 0.07, 0.07),
        shirt=(0.85, 0.82, 0.74),
    ),
    "Chiyo Tanaka": Looks(
        wall=(0.56, 0.62, 0.76),
        skin=(0.95, 0.83, 0.70),
        hair=(0.10, 0.09, 0.11),
        shirt=(0.72, 0.36, 0.32),
    ),
}
_PHONE = {"width": 390, "height": 844}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the pictures go: `PICTURES`, or nowhere."""
    folder = Path(os.environ.get("PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def test_the_pictures_of_the_readme(
    company: Company, launch: Launch, tmp_path: Path, kept: Path
) -> None:
    people: list[Someone] = []
    for name, looks in _LOOKS.items():
        file = portrait(tmp_path / f"{len(people)}.y4m", looks)
        browser = await launch(f"--use-file-for-fake-video-capture={file}")
        how: dict[str, Any] = {"viewport": _PHONE, "color_scheme": "dark"} if people[1:] else {}
        people.append(await company.member(name, browser=browser, **how))
    ada, ben, chiyo = people

    path = await company.meeting(ada)
    await ada.joins(path)
    await ben.joins(path)
    await ben.button("Turn microphone off (Ctrl+D)").click()
    gus = await company.window("Grace Hopper")
    await gus.knocks(path)
    await gus.is_told("You will be let in soon")
    await ada.panel("people")
    await _taken(ada, kept / "lobby.png", sees=["Ben Okri"])

    await chiyo.joins(path)
    await chiyo.button("Raise hand").click()
    await ada.says("Tea is ready. Shall we begin?")
    await ben.says("One moment, the kettle sings.")
    await ada.reads("the kettle sings")
    await _taken(ada, kept / "call.png", sees=["Ben Okri", "Chiyo Tanaka"])
    await _taken(chiyo, kept / "phone.png", sees=["Ada Lovelace", "Ben Okri"])
    await ada.panel("inspector")
    await _taken(ada, kept / "frames.png", sees=["Ben Okri", "Chiyo Tanaka"])

    pictures = [kept / f"{name}.png" for name in ("lobby", "call", "phone", "frames")]
    assert all(picture.stat().st_size > 10_000 for picture in pictures)


async def _taken(someone: Someone, path: Path, *, sees: list[str]) -> None:
    for name in sees:
        await someone.sees(name)
    # Words in passing have passed.
    await someone.page.evaluate("document.getElementById('notices').replaceChildren()")
    await someone.page.screenshot(path=path)
