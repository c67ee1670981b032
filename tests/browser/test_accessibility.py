"""Every screen, in light and dark, on a desk and on a phone: usable by everyone (axe-core)."""

import re
from typing import Any

import pytest

from tests.browser.people import Company, Someone

_PHONE = {"width": 390, "height": 844}
_DESK = {"width": 1280, "height": 800}


async def faults(someone: Someone, axe: str) -> list[str]:
    """What the checker calls serious or worse on the screen as it is."""
    page = someone.page
    # A script of the test's: the page's own policy forbids it, and the debugger does not ask.
    await page.evaluate(axe + "\n;0")
    # Colours are judged when nothing fades any more.
    await page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
    found: dict[str, Any] = await page.evaluate("axe.run(document)")
    return [
        f"{fault['id']}: {node['html'][:160]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", _DESK), ("dark", _PHONE)], ids=["light-desk", "dark-phone"]
)
async def test_no_screen_shuts_anybody_out(
    company: Company, axe: str, scheme: str, size: dict[str, int]
) -> None:
    how: dict[str, Any] = {"color_scheme": scheme, "viewport": size}
    ada = await company.window("Ada", **how)
    gus, eve = await company.window("Gus", **how), await company.window("Eve", **how)
    found: dict[str, list[str]] = {}

    await ada.opens()
    found["start"] = await faults(ada, axe)
    await ada.signs_up()
    found["signed in"] = await faults(ada, axe)
    await ada.button("New meeting").click()
    await ada.button("Join now").wait_for()
    found["preview"] = await faults(ada, axe)
    await ada.button("Join now").click()
    await ada.is_inside()
    path = ada.page.url.removeprefix(ada.url)
    await gus.opens(path)
    await gus.page.get_by_label("Your name").first.wait_for()
    found["guest"] = await faults(gus, axe)
    await gus.knocks(path)
    await gus.is_told("You will be let in soon")
    found["waiting"] = await faults(gus, axe)
    await ada.panel("people")
    found["lobby"] = await faults(ada, axe)
    await ada.button("Let in Gus").click()
    await gus.is_inside()
    await ada.says("Hello!")
    await gus.button("Raise hand").click()
    for panel in ("chat", "people", "settings", "inspector"):
        await ada.panel(panel)
        found[panel] = await faults(ada, axe)
    await eve.knocks(path)
    await eve.is_told("You will be let in soon")
    await ada.panel("people")
    await ada.button("No: turn Eve away").click()
    await eve.is_told("Not now")
    found["turned away"] = await faults(eve, axe)
    await ada.button("Leave").click()
    found["leaving"] = await faults(ada, axe)

    told = [f"{screen}: {fault}" for screen, faults_ in found.items() for fault in faults_]
    assert not told, "\n".join(told)


async def test_a_meeting_is_held_by_the_keyboard_alone(company: Company) -> None:
    ada = await company.member("Ada")
    path = await company.meeting(ada)
    keys = ada.page.keyboard
    await ada.opens(path)
    await ada.button("Join now").wait_for()

    await _tab_to(ada, "Join now")
    await keys.press("Enter")
    await ada.is_inside()
    await _tab_to(ada, re.compile("Turn microphone off.*"))
    await keys.press("Space")
    await ada.button("Turn microphone on (Ctrl+D)").wait_for()
    await _tab_to(ada, "Chat")
    await keys.press("Enter")
    await keys.type("Hello")
    await keys.press("Enter")
    await ada.page.locator(".message").filter(has_text="Hello").wait_for()
    await keys.press("Escape")

    # The panel is closed, and the focus is back on the button that opened it.
    assert await _focused(ada) == "Chat"


async def _tab_to(someone: Someone, name: str | re.Pattern[str]) -> None:
    for _ in range(60):
        await someone.page.keyboard.press("Tab")
        if re.fullmatch(name, await _focused(someone)):
            return
    raise AssertionError(f"{name} cannot be reached with the Tab key")


async def _focused(someone: Someone) -> str:
    name: str = await someone.page.evaluate(
        "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    )
    return name
