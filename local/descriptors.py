"""How many files and sockets the emulator may have open."""

import resource
from contextlib import suppress

_ENOUGH = 65_536


def raise_limit() -> None:
    """Have as many descriptors as the machine allows, up to 65536.

    A shell begins with 1024 (macOS: 256), and each connection takes one, each container several.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    for wanted in (most, 10_240):  # more than the second macOS may refuse, whatever it says
        if soft != resource.RLIM_INFINITY and soft < wanted <= most:
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
                return
