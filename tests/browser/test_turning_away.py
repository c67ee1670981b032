"""The browser's Back button, and permissions that come late: nothing goes on unseen."""

from playwright.async_api import expect

from tests.browser.people import Company, Someone

_WATCHED = """
  window.given = [];
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    await window.allowed;
    const stream = await ask(wanted);
    window.given.push(...stream.getTracks());
    return stream;
  };
"""
"""Remember every track that the page was given."""
_LATER = "window.allowed = new Promise((resolve) => { window.allow = resolve; });"
"""Let nobody have a device before `allow()`: as while the browser asks."""
_LIVE = "given.filter((track) => track.readyState === 'live').length"


async def _lets_go(someone: Someone) -> None:
    await someone.page.wait_for_function(f"() => given.length > 0 && {_LIVE} === 0")


async def test_whoever_goes_back_has_left_the_meeting(company: Company) -> None:
    ada, bob = (await company.call("Ada", "Bob")).people

    await bob.page.evaluate("history.pushState(null, '', '/'); history.pushState(null, '', '/x')")
    await bob.page.go_back()

    await expect(bob.page.get_by_label("Meeting code or link")).to_be_visible()
    await expect(ada.page.locator(".tile.cam")).to_have_count(1)


async def test_whoever_goes_back_from_the_lobby_waits_no_longer(company: Company) -> None:
    call = await company.call("Ada")
    (ada,) = call.people
    gus = await company.window("Gus")
    await gus.opens()
    await gus.page.get_by_label("Meeting code or link").fill(call.path[1:])
    await gus.button("Join").click()
    await gus.page.get_by_label("Your name").first.fill("Gus")
    await gus.button("Join as a guest").click()
    await gus.is_told("You will be let in soon")
    await ada.panel("people")
    await ada.button("Let in Gus").wait_for()

    await gus.page.go_back()

    await expect(gus.page.get_by_label("Meeting code or link")).to_be_visible()
    await expect(ada.button("Let in Gus")).to_have_count(0)


async def test_whoever_goes_back_before_joining_is_filmed_no_longer(company: Company) -> None:
    ada = await company.member("Ada")
    await ada.page.add_init_script(_WATCHED)
    path = await company.meeting(ada)
    await ada.opens()
    await ada.page.get_by_label("Meeting code or link").fill(path[1:])
    await ada.button("Join").click()
    await ada.button("Turn camera off").wait_for()

    await ada.page.go_back()

    await expect(ada.page.get_by_label("Meeting code or link")).to_be_visible()
    await _lets_go(ada)


async def test_a_camera_that_is_allowed_too_late_stays_off(company: Company) -> None:
    ada = await company.member("Ada")
    await ada.page.add_init_script(_LATER + _WATCHED)
    path = await company.meeting(ada)

    await ada.joins(path)
    await ada.button("Leave").click()
    await ada.button("Just leave").click()
    await ada.is_told("You have left")
    await ada.page.evaluate("allow()")

    await _lets_go(ada)


async def test_an_impatient_click_turns_no_second_camera_on(company: Company) -> None:
    ada = await company.member("Ada")
    await ada.page.add_init_script(_LATER + _WATCHED)
    path = await company.meeting(ada)
    await ada.opens(path)

    await ada.button("Turn camera on").click()
    await ada.button("Turn camera on").click()
    await ada.page.evaluate("allow()")
    await ada.button("Turn camera off").click()
    await ada.button("Turn camera on").wait_for()

    cameras = "given.filter((track) => track.kind === 'video' && track.readyState === 'live')"
    assert await ada.page.evaluate(f"{cameras}.length") == 0


async def test_a_microphone_that_is_unplugged_is_off_for_everyone(company: Company) -> None:
    ada, bob = await company.member("Ada"), await company.member("Bob")
    await bob.page.add_init_script(_WATCHED)
    path = await company.meeting(ada)
    await ada.joins(path)
    await bob.joins(path)
    await expect(ada.tile("Bob", ":not(.muted)")).to_have_count(1)

    # What a browser does when a device is gone.
    await bob.page.evaluate("""() => {
      const mic = given.find((track) => track.kind === 'audio');
      mic.stop();
      mic.dispatchEvent(new Event('ended'));
    }""")

    await bob.notices("Your microphone is gone")
    await expect(ada.tile("Bob", ".muted")).to_have_count(1)
