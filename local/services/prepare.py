"""The steps that a template wants done before its doors open: settings, migrations, seeds."""

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from pathlib import Path

from local.services.tether import tethered


class PrepareError(Exception):
    """A step refused; the message is what it wrote on standard error, as it is."""


async def prepare(module: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run `python -m module` in `folder` and return what it printed.

    Raises:
        PrepareError: It ended with another code than 0.
    """
    process = await asyncio.create_subprocess_exec(
        *tethered([sys.executable, "-m", module], signal.SIGTERM),
        cwd=folder,
        env=environment,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
    )
    try:
        said, complaint = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        words = complaint.decode(errors="replace").strip()
        raise PrepareError(words or f"{module} ended with exit code {process.returncode}.")
    return said.decode(errors="replace")
