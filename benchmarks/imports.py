"""What a cold start of each function pays for imports: `make bench-import`.

Every import runs in a process of its own, with bytecode (as the bundle has it), some times over;
the median is shown: of processor time, which other work on the machine does not stretch. Beside
it stand the packages that weigh most, so that one sees who loads what.
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


def _once(module: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, module, *([] if module == GOOGLE else ["cryptography"])],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def main() -> None:
    """Print the table, the dearest first."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each handler (default 5)")
    options = parser.parse_args()
    costs = {
        module: cost_of(module, options.runs)
        for module in sorted({door.module for door in doors(load())})
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
    main()
