"""The live floor on real data stores, behind a management API that remembers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub_core.adapters.gateway import Patience
from hub_core.live import house
from tests.container import Container
from tests.live.gateway import Gateway
from tests.live.stage import Client, Meeting, Person, a_meeting


@pytest.fixture
def gateway(environment: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """Where frames are posted to."""
    started = Gateway()
    environment.setenv("MANAGEMENT_API_URL", started.url)
    environment.setenv("RATE_LIMIT_SCALE", "1000")
    # On a busy machine an answer takes its time; sent again, a frame would come twice.
    environment.setattr(house, "POSTING_PATIENCE", Patience(answer=20, call=30))
    yield started
    started.close()


@pytest.fixture
def meeting(migrated: str, environment: pytest.MonkeyPatch) -> Meeting:
    """A meeting that is open to everyone."""
    return a_meeting(migrated)


@pytest.fixture
def socket(container: Container, gateway: Gateway) -> Callable[[], Client]:
    """A new socket at every call, all through one warm container."""
    return lambda: Client(container, gateway)


@pytest.fixture
def joined(socket: Callable[[], Client]) -> Callable[..., Client]:
    """Somebody who is in the room, whom nobody has told anything yet."""

    def enter(person: Person, **how: Any) -> Client:
        client = socket()
        reply = client.join(person, **how)
        assert reply["type"] == "room.joined", reply
        return client

    return enter
