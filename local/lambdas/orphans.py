"""A script that outlives the emulator by a moment, to end what it left behind.

On its standard input `+123` puts the process group 123 in its care and `-123` takes it out. The
input ends with the emulator, however that ended (`kill -9` too); then every group still in care is
killed. Unlike Linux's parent-death signal this works on any POSIX system, and for the children of a
function too.
"""

import os
import signal
import sys
from contextlib import suppress


def keep() -> None:
    """Read until the end, then kill."""
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    keep()
