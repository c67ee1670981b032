"""An emulator and people with clients, for stories through the doors."""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest

from local.client import HubClient
from tests.emulator import Emulator, running_emulator

Person = Callable[..., Coroutine[Any, Any, HubClient]]
"""`await person("Ada")` is signed up; `await person("Gus", account=False)` is a guest."""


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The whole product, with stores of its own; its rates are those of a crowd."""
    data = tmp_path_factory.mktemp("emulator")
    with running_emulator(data, variables={"RATE_LIMIT_SCALE": "100"}) as emulator:
        yield emulator


@pytest.fixture
async def person(emulator: Emulator) -> AsyncIterator[Person]:
    """Somebody at a keyboard, gone when the test is over."""
    async with AsyncExitStack() as stack:

        async def someone(name: str, *, account: bool = True, **how: Any) -> HubClient:
            client = await stack.enter_async_context(HubClient(emulator.url, **how))
            if account:
                email = f"{name.lower()}-{uuid4().hex[:8]}@example.com"
                await client.register(email, "correct horse battery", name)
            return client

        yield someone
