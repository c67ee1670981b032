"""Become a server that cannot outlive the process that started it.

Run as a script, `python -I -S die_with_parent.py SIGNAL PARENT USER COMMAND…`, so that nothing
happens between fork and exec in a process that may have threads. It asks the kernel to send SIGNAL
when the parent is gone (Linux), drops root for USER (`-`: stays who it is) and becomes COMMAND.
"""

import ctypes
import os
import pwd
import sys
from contextlib import suppress

# linux/prctl.h, linux/capability.h
PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522

_SIGNAL, _PARENT, _USER, _COMMAND = 1, 2, 3, 4


def main(argv: list[str]) -> None:
    """Set the ties, then exec; returns only by exception."""
    if argv[_USER] != "-":
        become(argv[_USER])
    if sys.platform == "linux":
        # After the change of user, which clears it.
        _call("prctl", PR_SET_PDEATHSIG, int(argv[_SIGNAL]), 0, 0, 0)
    if os.getppid() != int(argv[_PARENT]):
        sys.exit("the parent is gone already")
    os.execv(argv[_COMMAND], argv[_COMMAND:])  # noqa: S606  # no shell is wanted


def become(name: str) -> None:
    """Drop root for another user, keeping only the right to pass closed folders.

    PostgreSQL refuses to run as root. The data or the virtual environment may lie below a folder
    that only root may enter (/root, a test's temporary folder); opening it for all would be worse.
    """
    user = pwd.getpwnam(name)
    linux = sys.platform == "linux"
    if linux:
        _call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    if linux:
        # A sandbox may forbid it; then the folders must be open, or the server's log complains.
        with suppress(OSError):
            _keep_capability(CAP_DAC_OVERRIDE)


def _keep_capability(capability: int) -> None:
    """Carry one capability through exec (capabilities(7), "ambient")."""
    bit = 1 << capability
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    effective_permitted_inheritable = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    _call("capset", header, effective_permitted_inheritable)
    _call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _call(name: str, *arguments: object) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


if __name__ == "__main__":
    main(sys.argv)
