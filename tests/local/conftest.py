"""The example, running."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator import Emulator, running_emulator

TEMPLATE = str(Path(__file__).parent / "example" / "template.yaml")


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The example, running with data stores of its own, a minute of whose clock is 0.6 s."""
    data = tmp_path_factory.mktemp("example") / "data"
    flags = ["--template", TEMPLATE, "--time-scale", "0.01"]
    with running_emulator(data, flags=flags) as emulator:
        yield emulator
