"""The files that tell others where a running emulator is: they are gone when it has ended."""

import json
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.services.private import write_private

SERVICES = "services.env"
"""Data stores and secrets as shell variables: `set -a; . .hub/services.env` shares them."""
RUNNING = "emulator.json"
"""Where the doors are, for programs: `{"pid", "url", "socketUrl", …}`."""


@contextmanager
def left_in(folder: Path, shared: Mapping[str, str], doors: Mapping[str, object]) -> Iterator[None]:
    """Leave both files in the data folder while the emulator runs; they hold secrets."""
    lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in shared.items())
    write_private(folder / SERVICES, lines)
    write_private(folder / RUNNING, json.dumps(doors, indent=2) + "\n")
    try:
        yield
    finally:
        for name in (SERVICES, RUNNING):
            (folder / name).unlink(missing_ok=True)
