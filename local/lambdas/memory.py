"""Ends functions that use more than their memory, as Lambda does.

Measured is the resident memory of the process at its highest (`VmHWM` in `/proc/PID/status`), not
limited by `RLIMIT_AS`: address space is no memory, and Python with threads and large libraries
reserves several times what it uses. So a peak is seen some tenths of a second late, and the
function is then killed rather than denied memory, which is how it looks on AWS as well. Where there
is no `/proc` (macOS), memory has no limit.
"""

from pathlib import Path


def peak_mb(pid: int) -> int | None:
    """The most resident memory that a process ever had, in MB; None if nobody knows."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return None
