"""Lost for longer than a session is kept: one is in a new one, and nothing else is different."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import Launch
from tests.browser.network import Network
from tests.browser.people import Call, Company
from tests.emulator import Emulator, running_emulator

_GIVEN_UP = """async () => {
  const left = () => hub.frames.list.some(({ frame }) => frame.type === 'participant.left');
  while (!left()) {
    await hub.visit.request('ping');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}"""
"""Wait until somebody who was lost is taken to have left; whoever pings makes the room look."""


@pytest.fixture
def emulator(chromium: str, tmp_path: Path) -> Iterator[Emulator]:
    """One that keeps a lost session for a second alone."""
    with running_emulator(
        tmp_path / "emulator", variables={"RECONNECT_GRACE_SEC": "1", "RATE_LIMIT_SCALE": "100"}
    ) as emulator:
        yield emulator


@asynccontextmanager
async def far_away(company: Company, launch: Launch) -> AsyncIterator[tuple[Call, Network]]:
    """Ada and Bob in a call, and the network that Bob has."""
    port = urlsplit(company.url).port
    assert port
    async with Network(port).up() as network:
        far = await launch(f"--host-resolver-rules=MAP localhost:{port} 127.0.0.1:{network.port}")
        ada, bob = await company.member("Ada"), await company.member("Bob", browser=far)
        bob.expects = ("ERR_", "WebSocket")
        path = await company.meeting(ada)
        await ada.joins(path)
        await bob.joins(path)
        yield Call(path, [ada, bob]), network


async def test_whoever_comes_back_in_a_new_session_is_seen_and_sees(
    company: Company, launch: Launch
) -> None:
    async with far_away(company, launch) as (call, network):
        ada, bob = call.people
        await bob.sees("Ada")

        network.cut()
        await ada.page.evaluate(_GIVEN_UP)
        network.mend()
        await bob.notices("You are back in the meeting")

        assert await ada.sees("Bob")
        assert await bob.sees("Ada")


async def test_whoever_comes_back_in_a_new_session_still_shares_a_screen(
    company: Company, launch: Launch
) -> None:
    async with far_away(company, launch) as (call, network):
        ada, bob = call.people
        await bob.button("Share screen").click()
        await ada.sees("Bob", "screen")

        network.cut()
        await ada.page.evaluate(_GIVEN_UP)
        network.mend()

        await bob.notices("You are back in the meeting")
        assert await ada.sees("Bob", "screen")


async def test_what_was_switched_off_meanwhile_is_off_for_everyone(
    company: Company, launch: Launch
) -> None:
    async with far_away(company, launch) as (call, network):
        ada, bob = call.people

        network.cut()
        await bob.page.get_by_text("Connection lost. Coming back").wait_for()
        await bob.button("Turn microphone off (Ctrl+D)").click()
        await ada.page.evaluate(_GIVEN_UP)
        network.mend()

        await bob.notices("You are back in the meeting")
        await expect(ada.tile("Bob", ".muted")).to_have_count(1)


async def test_whoever_gives_up_while_coming_back_is_out(company: Company, launch: Launch) -> None:
    async with far_away(company, launch) as (call, network):
        ada, bob = call.people
        # A new ticket takes so long that Bob has time to change his mind.
        asked, goes_on = asyncio.Event(), asyncio.Event()

        async def slowly(route: Route) -> None:
            asked.set()
            await goes_on.wait()
            await route.continue_()

        await bob.page.route("**/room-token", slowly)
        network.cut()
        await ada.page.evaluate(_GIVEN_UP)
        network.mend()
        await asked.wait()
        await bob.button("Leave").click()
        await bob.is_told("You have left")
        async with bob.page.expect_websocket() as opened:
            goes_on.set()
        await (await opened.value).wait_for_event("close")

        assert await bob.page.evaluate("hub.visit.status") == "over"
        assert await ada.page.evaluate("Object.keys(hub.visit.room.people).length") == 1
