"""Commands that end when we end."""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

_DIE_WITH_PARENT = Path(__file__).with_name("die_with_parent.py")


def tethered(
    command: Sequence[str | Path], on_our_end: signal.Signals, user: str = "-"
) -> list[str | Path]:
    """Return `command` such that it gets the signal when this process is gone, however it ended.

    Start it from a thread that lives on: to the kernel the parent is the thread. Where the kernel
    cannot do it (macOS), what is left is ended at the next start.
    """
    tie = (str(int(on_our_end)), str(os.getpid()), user)
    return [sys.executable, "-I", "-S", _DIE_WITH_PARENT, *tie, *command]
