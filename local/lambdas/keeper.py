"""Sees to it that no process outlives the emulator: the emulator's end of `orphans.py`."""

import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE, Process
from pathlib import Path

_SCRIPT = Path(__file__).with_name("orphans.py")


class Keeper:
    """Knows the process groups that must end with the emulator."""

    def __init__(self) -> None:
        self._process: Process | None = None

    async def start(self) -> None:
        """Start the script, in a session of its own: Ctrl-C is for the emulator."""
        self._process = await create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(_SCRIPT)), stdin=PIPE, start_new_session=True
        )

    def watch(self, group: int) -> None:
        """Take a process group into care."""
        self._write(f"+{group}\n")

    def release(self, group: int) -> None:
        """It is gone: its number may soon belong to somebody else."""
        self._write(f"-{group}\n")

    async def stop(self) -> None:
        """End the script and with it every group in its care."""
        process, self._process = self._process, None
        if process and process.stdin:
            process.stdin.close()
            await process.wait()

    def _write(self, line: str) -> None:
        if self._process and self._process.stdin and not self._process.stdin.is_closing():
            self._process.stdin.write(line.encode())
