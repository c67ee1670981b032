"""Ends functions that use more than their memory, as Lambda does.

Measured is the resident memory of the process at its highest (`VmHWM` in `/proc/PID/status`), not
limited by `RLIMIT_AS`: address space is no memory, and Python with threads and large libraries
reserves several times what it uses. So a peak is seen some tenths of a second late, and the
function is then killed rather than denied memory, which is how it looks on AWS as well. Where there
is no `/proc` (macOS), memory has no limit.
"""

import os


def peak_mb(pid: int) -> int | None:
    """The most resident memory that a process ever had, in MB; None if nobody knows."""
    try:
        file = os.open(f"/proc/{pid}/status", os.O_RDONLY)
    except OSError:
        return None
    try:
        status = os.read(file, 4096)
    except OSError:
        return None
    finally:
        os.close(file)
    _, found, rest = status.partition(b"VmHWM:")
    return int(rest.split(maxsplit=1)[0]) // 1024 if found else None
