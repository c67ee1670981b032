"""`python -m local`: the API of a SAM template on this machine."""

import asyncio
import errno
import logging
import os
import signal
import sys

import uvloop

from local.cli import read_options
from local.console import Console
from local.descriptors import raise_limit
from local.emulator import Desk, emulate
from local.gateway.front import PortRefusedError
from local.services.errors import ServiceError
from local.services.prepare import PrepareError
from local.template import TemplateError

_NO_ROOM = frozenset({errno.EDQUOT, errno.EFBIG, errno.ENOSPC, errno.EROFS})
"""What a disk says that is full, or not to be written: at whichever of our files comes first."""
_FORESEEN = (PortRefusedError, PrepareError, ServiceError, TemplateError)


def main() -> int:
    """Run until a signal; the answer is the exit code."""
    options = read_options(sys.argv[1:])
    console = Console()
    raise_limit()
    logging.basicConfig(format="%(name)s: %(message)s", level=logging.WARNING)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_until_signal(Desk(options, dict(os.environ), console)))
    finally:
        console.close()


async def _until_signal(desk: Desk) -> int:
    work = asyncio.create_task(emulate(desk))
    stopped = False

    def stop() -> None:
        nonlocal stopped
        if stopped:
            # Once more means now; what was started is tied to us and ends too.
            os._exit(130)
        stopped = True
        work.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    try:
        await work
    except asyncio.CancelledError:
        return 0
    except _FORESEEN as error:
        sys.stderr.write(f"{_sentence(error)}\n")
        return 1
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        folder = desk.options.data.absolute()
        sys.stderr.write(f"The data folder {folder} cannot be written: {error.strerror}.\n")
        return 1
    return 0


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    sys.exit(main())
