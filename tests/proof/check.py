"""Whether what everyone saw is what a room promises: `python -m tests.proof.check FILE…`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.proof.evidence import Evidence
from tests.proof.history import History, read
from tests.proof.invariants import PROMISES
from tests.proof.views import View, Violation


def check(history: History) -> list[Violation]:
    """Everything that is wrong with a history; nothing, if it is a good one."""
    views: dict[str, View] = {}
    for line in history.lines:
        views.setdefault(line.who, View(line.who)).take(line)
    evidence = Evidence(history, views)
    return [violation for promise in PROMISES for violation in promise(evidence)]


def main(paths: Sequence[str]) -> int:
    """The program: 0 if all is well, 1 with what is not."""
    count = 0
    for path in paths:
        for violation in check(read(Path(path).read_text("utf-8").splitlines())):
            sys.stdout.write(f"{path}: {violation}\n")
            count += 1
    sys.stdout.write(f"{count} violations in {len(paths)} histories\n")
    return int(count > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
