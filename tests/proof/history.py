"""Histories: what everyone sent and got in a meeting, and what PostgreSQL kept of it.

A history is a file of JSON lines, in the order of time:

    {"who": "ada", "at": 1.25, "connection": 1, "sent": {frame}}      what a client said
    {"who": "ada", "at": 1.31, "connection": 1, "got": {frame}}       what it was told
    {"who": "ada", "at": 2.00, "connection": 1, "cut": {}}            its connection ended
    {"who": "ada", "at": 0.90, "is": {"participantId": "01M8…"}}      who it is, from its ticket
    {"who": "ada", "at": 9.00, "end": {"epoch", "seq", "people"}}     what it shows at the end
    {"journal": {"id", "epoch", "seq", "type", "by", "payload", "visible_to"}}
    {"about": {"calm": true, "gone_within": 5.0, "seed": 7}}

`who` is one person with one client, over all its connections. `at` is in seconds, on one clock for
all. Only `who` and one of the deeds are necessary.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

Frame = Mapping[str, Any]
DEEDS: Final = ("sent", "got", "cut", "is", "end")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that one person did, or that happened to it."""

    who: str
    deed: str
    """One of `DEEDS`."""
    frame: Frame
    at: float = 0.0
    connection: int = 1

    def json(self) -> str:
        """As it stands in a file."""
        return json.dumps(
            {
                "who": self.who,
                "at": round(self.at, 4),
                "connection": self.connection,
                self.deed: self.frame,
            }
        )


@dataclass
class History:
    """All of it."""

    lines: list[Line] = field(default_factory=list)
    journal: list[Mapping[str, Any]] = field(default_factory=list)
    """The rows of the meeting, in the order of their ids; empty if nobody looked."""
    calm: bool = False
    """Whether nothing was broken on purpose: then also the raw wire is in order."""
    gone_within: float | None = None
    """Seconds after which somebody whose connection ended must have left."""
    seed: int | None = None
    failed_over: bool = False
    """Whether Redis has lost a tail: of an epoch given up, some saw what others did not."""

    def write(self, path: Path) -> None:
        """Into a file, which `read` reads."""
        names = ("calm", "gone_within", "seed", "failed_over")
        about = {name: getattr(self, name) for name in names}
        with path.open("w") as file:
            file.write(json.dumps({"about": about}) + "\n")
            file.writelines(line.json() + "\n" for line in self.lines)
            file.writelines(json.dumps({"journal": dict(row)}) + "\n" for row in self.journal)


def read(lines: Iterable[str]) -> History:
    """A history from the lines of a file.

    Raises:
        ValueError: A line is none of a history.
    """
    history = History()
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        said = json.loads(text)
        deed = next((deed for deed in DEEDS if deed in said), None)
        if "journal" in said:
            history.journal.append(said["journal"])
        elif "about" in said:
            for name, value in said["about"].items():
                setattr(history, name, value)
        elif deed is not None and "who" in said:
            at, connection = said.get("at", 0.0), said.get("connection", 1)
            history.lines.append(Line(said["who"], deed, said[deed], at, connection))
        else:
            raise ValueError(f"line {number} is none of a history: {text[:80]}")
    return history
