"""Headless Chromium with pretended cameras, before the running product."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Playwright, async_playwright, expect

from tests.browser.people import Company
from tests.emulator import Emulator, running_emulator

_WEB = Path(__file__).parents[2] / "local" / "web"
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    # five pictures a second: three people's cameras are drawn and encoded on two processors
    "--use-fake-device-for-media-stream=fps=5",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    # candidates on machines that have no network but the loopback
    "--allow-loopback-in-peer-connection",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)

# A function's first call on a busy machine takes seconds; nothing here is about speed.
expect.set_options(timeout=60_000)

Launch = Callable[..., Coroutine[Any, Any, Browser]]
"""`await launch("--a-flag")`: one more browser."""


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is. Without it there are no browser tests, and that is said."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not found:
        pytest.skip("Chromium is not installed (Debian: apt install chromium): browser tests skip")
    return found


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker's source, from npm."""
    source = _WEB / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        if not shutil.which("npm"):
            pytest.skip("npm is not installed: accessibility is not checked")
        subprocess.run(["npm", "ci", "--silent", "--no-fund"], cwd=_WEB, check=True)
    return source.read_text("utf-8")


@pytest.fixture(scope="session")
def emulator(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The whole product, with stores of its own; its rates are those of a crowd."""
    data = tmp_path_factory.mktemp("emulator")
    with running_emulator(data, variables={"RATE_LIMIT_SCALE": "100"}) as emulator:
        yield emulator


@pytest.fixture
async def playwright() -> AsyncIterator[Playwright]:
    """Drives browsers."""
    async with async_playwright() as playwright:
        yield playwright


@pytest.fixture
async def launch(chromium: str, playwright: Playwright) -> AsyncIterator[Launch]:
    """Starts browsers; all are closed when the test is over."""
    async with AsyncExitStack() as stack:

        async def start(*flags: str) -> Browser:
            browser = await playwright.chromium.launch(
                executable_path=chromium, args=[*_FLAGS, *flags]
            )
            stack.push_async_callback(browser.close)
            return browser

        yield start


@pytest.fixture
async def company(launch: Launch, emulator: Emulator) -> AsyncIterator[Company]:
    """People with windows. At the end nobody's console has shown an error."""
    company = Company(await launch(), emulator.url.replace("127.0.0.1", "localhost"))
    yield company
    for context in company.contexts:
        await context.close()
    assert {person.name: person.complaints for person in company.people if person.complaints} == {}
