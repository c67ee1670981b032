"""What a cold start of each function pays for imports: `make bench-import`.

Every import runs in a process of its own, with bytecode (as the bundle has it), some times over;
the median is shown: of processor time, which other work on the machine does not stretch. Beside
it stand the packages that weigh most, so that one sees who loads what. At the end the socket
functions are held, in turn, against a handler that loads everything: the exit code is 1 if one
takes a third of it or more. With --sockets that is all.
"""

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from infra.template import doors, load

ROOT: Final = Path(__file__).parents[1]
TOLD: Final = ("fastapi", "sqlalchemy", "psycopg", "redis", "argon2", "cryptography", "httpx")
"""The packages that weigh, each with a column."""

SOCKETS: Final = ("connect", "message", "disconnect")
EVERYTHING: Final = "benchmarks.everything"
BOUND: Final = 1 / 3
"""What part of it a socket function may take."""
GOOGLE: Final = "handlers.accounts.google"
"""The only function in whose bundle `cryptography` is; PyJWT loads it wherever it finds it."""

_CHILD: Final = """
import sys, time, resource, json
for hidden in sys.argv[2:]:
    sys.modules[hidden] = None
before = time.process_time()
__import__(sys.argv[1])
took = time.process_time() - before
print(json.dumps({
    "ms": took * 1000,
    "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "modules": len(sys.modules),
    "packages": sorted({name.partition(".")[0] for name, it in sys.modules.items() if it}),
}))
"""


@dataclass(frozen=True)
class Cost:
    """Of importing one handler in a new process."""

    milliseconds: float
    megabytes: float
    """Of the whole process, at its largest."""
    modules: int
    packages: frozenset[str]


def cost_of(module: str, runs: int) -> Cost:
    """The median of some runs, after one that writes the bytecode."""
    measured = [_once(module) for _ in range(runs + 1)][1:]
    return Cost(
        statistics.median(one["ms"] for one in measured),
        statistics.median(one["mb"] for one in measured),
        measured[0]["modules"],
        frozenset(measured[0]["packages"]),
    )


def part_of_everything(module: str, pairs: int) -> float:
    """The median ratio of processor time, each pair measured one right after the other."""
    _once(module), _once(EVERYTHING)
    ratios = [_once(module)["ms"] / _once(EVERYTHING)["ms"] for _ in range(pairs)]
    return float(statistics.median(ratios))


def _once(module: str) -> dict[str, Any]:
    hidden = [] if module in {GOOGLE, EVERYTHING} else ["cryptography"]
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, module, *hidden],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def main() -> int:
    """Print the table, the dearest first, and the parts; the answer is the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each handler (default 5)")
    parser.add_argument("--sockets", action="store_true", help="only the parts, no table")
    options = parser.parse_args()
    if not options.sockets:
        _print_table(options.runs)
    parts = {name: part_of_everything(f"handlers.socket.{name}", options.runs) for name in SOCKETS}
    for name, part in parts.items():
        sys.stdout.write(f"socket.{name}: {part:.0%} of a handler that loads everything\n")
    return int(max(parts.values()) >= BOUND)


def _print_table(runs: int) -> None:
    costs = {
        module: cost_of(module, runs) for module in sorted({door.module for door in doors(load())})
    }
    table = Table("handler", title=f"Cold import, Python {sys.version.split()[0]}")
    for column in ("CPU ms", "MB", "modules"):
        table.add_column(column, justify="right")
    for name in TOLD:
        table.add_column(name, justify="center")
    for module, cost in sorted(costs.items(), key=lambda item: -item[1].milliseconds):
        table.add_row(
            module.removeprefix("handlers."),
            f"{cost.milliseconds:.0f}",
            f"{cost.megabytes:.0f}",
            str(cost.modules),
            *("×" if name in cost.packages else "" for name in TOLD),
        )
    Console(width=132).print(table)


if __name__ == "__main__":
    sys.exit(main())
