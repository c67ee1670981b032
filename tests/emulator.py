"""The emulator as a process of its own, for tests that go through the doors with real sockets."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx

from local.services.tether import tethered

ROOT = Path(__file__).parents[1]

FLAGS = "EMULATOR_FLAGS"
"""A variable with flags for every emulator of a test run: `--in-process` for the other mode."""


def in_threads() -> bool:
    """Whether functions run in threads, which nobody can kill or freeze."""
    return "--in-process" in os.environ.get(FLAGS, "").split()


_OF_ANOTHER_PLACE = ("AWS_", "MANAGEMENT_API_URL", "WEBSOCKET_URL", "PORT", "HOST", "HUB_DATA")
"""Variables of the tests' own environment that would lead the functions astray."""


@dataclass
class Emulator:
    """A running `python -m local`."""

    process: subprocess.Popen[str]
    data: Path
    """Its data folder."""
    output: list[str] = field(default_factory=list)
    """What it has written so far, line by line."""
    url: str = ""
    """`http://127.0.0.1:PORT`."""
    socket_url: str = ""
    """`ws://127.0.0.1:PORT/ws`."""
    control_url: str = ""
    """`http://127.0.0.1:PORT`: `PUT /faults`, `POST /functions/{name}/kill`, …"""
    _written: threading.Condition = field(default_factory=threading.Condition)
    _reader: threading.Thread | None = None
    _over: bool = False

    @property
    def shared(self) -> dict[str, str]:
        """The variables that a second node needs: data stores, secrets; and AWS credentials."""
        lines = (self.data / "services.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal and wait for its end; the answer is the exit code."""
        self.process.send_signal(number)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()  # the test fails; Popen would wait for ever
            raise
        if self._reader:
            self._reader.join()
        return code

    def faults(self, faults: Mapping[str, str], seed: int = 0) -> None:
        """Put faults in force instead of those before: `{"post.throttle": "0.2"}`; {} for none."""
        asked = {"seed": seed, "faults": dict(faults)}
        httpx.put(f"{self.control_url}/faults", json=asked).raise_for_status()

    def kill(self, function: str) -> int:
        """Kill a function's containers, whatever they do; how many there were."""
        answer = httpx.post(f"{self.control_url}/functions/{function}/kill").raise_for_status()
        killed: int = answer.json()["killed"]
        return killed

    def line(self, text: str, *, nth: int = 1, seconds: float = 30) -> str:
        """The n-th line with `text` that it writes or has written; fails if none comes."""
        with self._written:
            found = self._written.wait_for(lambda: self._find(text, nth) or self._over, seconds)
            line = self._find(text, nth)
        assert found, f"no line with {text!r} within {seconds} s"
        assert line is not None, f"it ended without a line with {text!r}"
        return line

    def _find(self, text: str, nth: int) -> str | None:
        lines = [line for line in self.output if text in line]
        return lines[nth - 1] if len(lines) >= nth else None

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._written:
                self.output.append(line.rstrip("\n"))
                self._written.notify_all()
        with self._written:
            self._over = True
            self._written.notify_all()

    def _wait(self) -> None:
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        self.line("Ready after", seconds=60)
        about = json.loads((self.data / "emulator.json").read_text())
        self.url = about["url"].replace("localhost", "127.0.0.1")
        self.control_url = about["controlUrl"].replace("localhost", "127.0.0.1")
        self.socket_url = about["socketUrl"].replace("localhost", "127.0.0.1")


class StartEmulator(Protocol):
    """Starts one more emulator; all are stopped when the test is over."""

    def __call__(self, *flags: str, **variables: str) -> Emulator:
        """`flags` for the command line, `variables` for its environment, and so the functions'."""
        ...


@contextmanager
def running_emulator(
    data: Path,
    *,
    flags: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    quiet: bool = False,
) -> Iterator[Emulator]:
    """Run an emulator on a free port, ready; what it wrote is shown if the test fails.

    `quiet` for programs: nothing is shown.
    """
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(_OF_ANOTHER_PLACE)
    }
    with subprocess.Popen(
        tethered(
            [
                *(sys.executable, "-m", "local", "--port", "0", "--data", data),
                *flags,
                *os.environ.get(FLAGS, "").split(),
            ],
            signal.SIGTERM,
        ),
        cwd=ROOT,
        env={**inherited, **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        emulator = Emulator(process, data)
        try:
            emulator._wait()
            yield emulator
        finally:
            if process.poll() is None:
                emulator.stop()
            if not quiet:
                sys.stdout.write("\n".join(["", "The emulator wrote:", *emulator.output, ""]))
