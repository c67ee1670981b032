"""Break the templates in every way that hurt somebody once, and see who notices.

python -m infra.bar.faults [--all] [--write infra/bar/faults.md]

The ways are in faults.yaml. Works on copies of what git knows, one for each processor. Whoever is
said to notice is asked first, then the others, the quickest first, until somebody does; with --all
everyone is asked. A fault that nobody notices is a hole in the bar: the exit code says so.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import yaml

from infra.bar.__main__ import TOOLS

ROOT: Final = Path(__file__).parents[2]
QUICKEST: Final = "test_stack"


@dataclass(frozen=True)
class Fault:
    """A text in a file, and what stands there instead."""

    what: str
    file: str
    old: str
    new: str
    first: str = QUICKEST
    """Whom to ask first: a judge by its name."""


FAULTS: Final = tuple(
    Fault(**fault)
    for fault in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
)


def _pytest(file: str) -> tuple[str, ...]:
    # Neither story needs a data store, and what starts those takes a second to import.
    return (sys.executable, "-m", "pytest", "-x", "--noconftest", "-p", "no:cacheprovider", file)


_SAM, _LINT, _PYTHON = (str(TOOLS / tool) for tool in ("sam", "cfn-lint", "python"))
_TRANSFORMED: Final = f"{_PYTHON} -m infra.bar.transform > cfn.json && {_LINT} -t cfn.json"
JUDGES: Final[Mapping[str, tuple[str, ...]]] = {
    QUICKEST: _pytest("tests/infra/test_stack.py"),
    "sam validate": (_SAM, "validate", "--region", "eu-central-1"),
    "test_doors": _pytest("tests/house/test_doors.py"),
    "cfn-lint": (
        *(_LINT, "--config-file", "infra/bar/cfnlint.yaml", "-t", "template.yaml"),
        *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "infra/stacks").glob("*.yaml"))),
    ),
    "cfn-lint after SAM": ("/bin/sh", "-c", f"{_TRANSFORMED} --config-file {os.devnull}"),
}
"""Who may notice: steps of the bar, and stories of `make test`; the quickest first."""


def main(arguments: list[str] | None = None) -> int:
    """The command: a table, and 1 if a fault went unnoticed."""
    parser = argparse.ArgumentParser(prog="python -m infra.bar.faults", description=__doc__)
    parser.add_argument("--all", action="store_true", help="ask everyone, even so")
    parser.add_argument("--write", type=Path, help="put the table there, too")
    options = parser.parse_args(arguments)
    noticed: dict[str, list[str]] = {}
    abreast = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(abreast) as pool:
        copies = SimpleQueue[Path]()
        for number in range(abreast):
            copies.put(_copy(Path(scratch) / str(number)))
        _all_is_well(copies, pool)
        ask = partial(_who_notices, copies=copies, everyone=options.all)
        for fault, judges in zip(FAULTS, pool.map(ask, FAULTS), strict=True):
            noticed[fault.what] = judges
            sys.stdout.write(f"{fault.what:<36} {', '.join(judges) or 'NOBODY'}\n")
            sys.stdout.flush()
    unnoticed = sum(not judges for judges in noticed.values())
    sys.stdout.write(f"{len(FAULTS)} faults, {unnoticed} unnoticed\n")
    if options.write:
        options.write.write_text(table(noticed), "utf-8")
    return int(unnoticed > 0)


def table(noticed: Mapping[str, Iterable[str]]) -> str:
    """Who noticed which fault, in Markdown."""
    lines = [
        "# Who notices which fault",
        "",
        "Each was put into the templates, one at a time (`faults.yaml` says how). Beside it stands",
        "whoever noticed first; `make faults` tries them all again, with `ARGS=--all` on everyone.",
        "`make faults ARGS='--write infra/bar/faults.md'` wrote this.",
        "",
        "| fault | in | noticed by |",
        "|---|---|---|",
    ]
    places = {fault.what: fault.file for fault in FAULTS}
    lines += [f"| {what} | `{places[what]}` | {', '.join(who)} |" for what, who in noticed.items()]
    return "\n".join(lines) + "\n"


def _all_is_well(copies: "SimpleQueue[Path]", pool: ThreadPoolExecutor) -> None:
    """Nobody finds anything without a fault: else they would notice something else later."""

    def finds(name: str) -> bool:
        copy = copies.get()
        try:
            return not _passes(JUDGES[name], copy)
        finally:
            copies.put(copy)

    if wrong := [
        name for name, found in zip(JUDGES, pool.map(finds, JUDGES), strict=True) if found
    ]:
        raise SystemExit(f"Without a fault, too, something is found by {', '.join(wrong)}")


def _copy(into: Path) -> Path:
    git = shutil.which("git") or "git"
    listed = subprocess.run(  # noqa: S603 (our own command)
        [git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, into / name)
    return into


def _who_notices(fault: Fault, copies: "SimpleQueue[Path]", *, everyone: bool) -> list[str]:
    copy = copies.get()
    path = copy / fault.file
    whole = path.read_text("utf-8")
    if fault.old not in whole:
        raise SystemExit(f"{fault.what}: {fault.old!r} does not stand in {fault.file} any more")
    path.write_text(whole.replace(fault.old, fault.new, 1), "utf-8")
    try:
        who = _those_who_notice(fault, copy)
        return list(who if everyone else islice(who, 1))
    finally:
        path.write_text(whole, "utf-8")
        copies.put(copy)


def _those_who_notice(fault: Fault, copy: Path) -> Iterator[str]:
    for name in sorted(JUDGES, key=lambda name: name != fault.first):
        if not _passes(JUDGES[name], copy):
            yield name


def _passes(command: Iterable[str], copy: Path) -> bool:
    environment = {
        **os.environ,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "PYTHONPATH": str(copy),
        "SAM_CLI_TELEMETRY": "0",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # large tools, started often
    done = subprocess.run(  # noqa: S603 (our own commands)
        list(command), cwd=copy, env=environment, capture_output=True, check=False
    )
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
