"""What the emulator writes while it runs: a line for each invocation, and what functions print."""

import sys
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import TextIO

from rich.color import ColorSystem
from rich.console import Console as Terminal
from rich.style import Style

from local.gateway.observer import Invocation, Observation, Struck

_PLAIN = Style()
_DIM = Style(dim=True)
_GOOD = Style(color="green")
_WARN = Style(color="yellow")
_BAD = Style(color="red", bold=True)
_FAULT = Style(color="magenta")
_NAMES = tuple(Style(color=name) for name in ("cyan", "magenta", "blue", "bright_black"))

_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_FLUSH = 2.0
"""Seconds that a reader who does not read may hold up the end."""


class Console:
    """Writes lines in a thread of its own: a terminal that stands still must not stop the doors."""

    def __init__(
        self,
        out: TextIO | None = None,
        *,
        color: bool | None = None,
        clock: Callable[[], time.struct_time] = time.localtime,
    ) -> None:
        """Write to `out` (standard output), in colour if it is a terminal and NO_COLOR is unset."""
        self._out = out or sys.stdout
        colored = _wants_color(self._out) if color is None else color
        self._colors = ColorSystem.STANDARD if colored else None
        self._clock = clock
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="console", daemon=True)
        self._writer.start()

    def line(self, text: str = "") -> None:
        """Write one line as it is."""
        self._lines.put(text)

    def paint(self, text: str, style: str) -> str:
        """Put `text` in a style of rich (`bold green`), or leave it if there are no colours."""
        return self._paint(text, Style.parse(style))

    def observe(self, observation: Observation) -> None:
        """Write a line for an invocation, unless it is a health check that went well."""
        if isinstance(observation, Struck):
            self._fault(observation)
        elif isinstance(observation, Invocation) and not _quiet(observation):
            self._invocation(observation)

    def function(self, name: str, line: str) -> None:
        """Write what a function has written."""
        style = _NAMES[sum(name.encode()) % len(_NAMES)]
        self.line(f"{self._paint(name, style)} {self._paint('│', _DIM)} {line}")

    def close(self) -> None:
        """Write what is left and end."""
        self._lines.put(None)
        self._writer.join(_FLUSH)

    def _invocation(self, done: Invocation) -> None:
        status = str(done.status) if done.status else ("error" if done.error else "ok")
        cells = (
            self._clocked(),
            self._paint(f"{status:>5}", _color(done)),
            f"{done.route:<32}",
            f"{done.milliseconds:8.1f} ms",
            self._paint("cold", _WARN) if done.cold else self._paint("warm", _DIM),
            self._paint(done.request_id, _DIM),
        )
        self.line("  ".join(cells))
        if done.error:
            self.line(self._paint(f"          {done.error}", _BAD))

    def _fault(self, fault: Struck) -> None:
        amount = f", {fault.amount:.3g}" if fault.amount else ""
        what = f"{fault.kind} (seed {fault.seed}, chance {fault.number}{amount})"
        self.line(f"{self._clocked()}  {self._paint('fault', _FAULT)}  {what}  {fault.subject}")

    def _clocked(self) -> str:
        return self._paint(time.strftime("%H:%M:%S", self._clock()), _DIM)

    def _paint(self, text: str, style: Style) -> str:
        return style.render(text, color_system=self._colors) if self._colors else text

    def _write(self) -> None:
        try:
            while (line := self._lines.get()) is not None:
                self._out.write(line + "\n")
                if self._lines.empty():
                    self._out.flush()
            self._out.flush()
        except (OSError, ValueError):
            # Whoever read us has gone (`… | head`): the emulator goes on without a word.
            return


def _wants_color(out: TextIO) -> bool:
    terminal = Terminal(file=out)
    return terminal.color_system is not None and not terminal.no_color


def _quiet(done: Invocation) -> bool:
    return done.route.startswith("GET /health/") and (done.status or 0) < _CLIENT_ERROR


def _color(done: Invocation) -> Style:
    if done.error or (done.status or 0) >= _SERVER_ERROR:
        return _BAD
    return _WARN if (done.status or 0) >= _CLIENT_ERROR else _GOOD
