"""The product behind real doors, with real sockets at them."""

import pytest

from tests.live.stage import Meeting, a_meeting


@pytest.fixture
def meeting(migrated: str, environment: pytest.MonkeyPatch) -> Meeting:
    """A meeting that is open to everyone."""
    return a_meeting(migrated)
