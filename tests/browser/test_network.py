"""The network goes, the server goes: the meeting stays."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from local.services.ports import free_port
from tests.browser.conftest import Launch
from tests.browser.network import Network
from tests.browser.people import Company
from tests.emulator import Emulator, running_emulator

_OUTAGE = 5
"""Seconds: shorter than the grace, longer than anybody overlooks."""


async def test_a_network_lost_for_five_seconds_costs_nobody_anything(
    company: Company, launch: Launch
) -> None:
    port = urlsplit(company.url).port
    assert port
    async with Network(port).up() as network:
        far = await launch(f"--host-resolver-rules=MAP localhost:{port} 127.0.0.1:{network.port}")
        ada, bob = await company.member("Ada"), await company.member("Bob", browser=far)
        bob.expects = ("ERR_", "WebSocket")
        path = await company.meeting(ada)
        await ada.joins(path)
        await bob.joins(path)
        before = await bob.sees("Ada")

        network.cut()
        await bob.page.get_by_text("Connection lost. Coming back").wait_for()
        await bob.says("Written in the dark")
        await ada.says("Said meanwhile")
        during = await bob.sees("Ada")
        # The length of the outage is the story.
        await asyncio.sleep(_OUTAGE)
        network.mend()

        await bob.notices("The connection is back")
        await ada.reads("Written in the dark")
        await bob.reads("Said meanwhile")
        assert during > before
        assert await bob.sees("Ada") > during
        for someone in (ada, bob):
            assert await someone.frames("participant.left") == []
            said = [frame["payload"]["text"] for frame in await someone.frames("chat.message")]
            told = [
                event["payload"]["text"]
                for reply in await someone.frames("session.resumed")
                for event in reply["payload"].get("events", ())
                if event["type"] == "chat.message"
            ]
            assert sorted(said + told) == ["Said meanwhile", "Written in the dark"]


@pytest.fixture
def restarted(tmp_path: Path, chromium: str) -> Iterator["Restarted"]:
    """An emulator that can be started anew, at the same place and with the same data."""
    with ExitStack() as stack:
        yield Restarted(tmp_path / "emulator", free_port(None), stack)


class Restarted:
    """Starts the same emulator again and again."""

    def __init__(self, data: Path, port: int, stack: ExitStack) -> None:
        self._data, self._port, self._stack = data, port, stack

    def start(self) -> Emulator:
        """Run it."""
        flags = ["--port", str(self._port)]
        return self._stack.enter_context(running_emulator(self._data, flags=flags))


async def test_a_server_that_starts_anew_is_found_again(
    restarted: "Restarted", launch: Launch
) -> None:
    emulator = restarted.start()
    company = Company(await launch(), emulator.url.replace("127.0.0.1", "localhost"))
    call = await company.call("Ada", "Bob")
    ada, bob = call.people
    ada.expects = bob.expects = ("ERR_", "WebSocket")
    await ada.says("Before")
    await bob.reads("Before")

    emulator.stop()
    await bob.page.get_by_text("Connection lost. Coming back").wait_for()
    restarted.start()

    await expect(bob.page.get_by_text("Connection lost. Coming back")).to_have_count(0)
    await expect(ada.page.get_by_text("Connection lost. Coming back")).to_have_count(0)
    await ada.says("After")
    await bob.reads("After")
    await bob.reads("Before")
    assert await bob.sees("Ada")
    assert await ada.sees("Bob")
    assert not ada.complaints + bob.complaints


async def test_one_moves_to_another_connection_before_the_old_one_expires(
    launch: Launch, tmp_path: Path, chromium: str
) -> None:
    with running_emulator(
        tmp_path / "emulator", variables={"CONNECTION_LIFETIME_SEC": "20"}
    ) as emulator:
        company = Company(await launch(), emulator.url.replace("127.0.0.1", "localhost"))
        call = await company.call("Ada", "Bob")
        ada, bob = call.people

        await bob.page.wait_for_function(
            "() => hub.frames.list.some(({ frame }) => frame.type === 'session.resumed')",
            timeout=90_000,
        )
        await ada.says("Still there?")

        await bob.reads("Still there?")
        assert await bob.frames("connection.expiring")
        assert await ada.frames("participant.connection") == []
        assert not ada.complaints + bob.complaints
