"""Break the templates in every way that hurt somebody once, and see who notices.

python -m infra.bar.faults [--all]

The ways are in faults.yaml. Works on a copy of what git knows. Asks the quickest first, and with
--all everyone. A fault that nobody notices is a hole in the bar: the exit code says so.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from infra.bar.__main__ import TOOLS

ROOT: Final = Path(__file__).parents[2]
MAIN: Final = "template.yaml"
PYTHON: Final = sys.executable
TESTS: Final = ("tests/infra/test_stack.py", "tests/house/test_doors.py")


@dataclass(frozen=True)
class Fault:
    """A text in a file, and what stands there instead."""

    what: str
    file: str
    old: str
    new: str


FAULTS: Final = tuple(
    Fault(**fault)
    for fault in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
)


def main(arguments: list[str] | None = None) -> int:
    """The command: a table, and 1 if a fault went unnoticed."""
    parser = argparse.ArgumentParser(prog="python -m infra.bar.faults", description=__doc__)
    parser.add_argument("--all", action="store_true", help="ask everyone, even so")
    options = parser.parse_args(arguments)
    unnoticed = 0
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "copy"
        _copy(copy)
        _all_is_well(copy)
        for fault in FAULTS:
            noticed = list(_who_notices(fault, copy, everyone=options.all))
            unnoticed += not noticed
            sys.stdout.write(f"{fault.what:<36} {', '.join(noticed) or 'NOBODY'}\n")
            sys.stdout.flush()
        _all_is_well(copy)  # else somebody noticed something else
    sys.stdout.write(f"{len(FAULTS)} faults, {unnoticed} unnoticed\n")
    return int(unnoticed > 0)


def _all_is_well(copy: Path) -> None:
    if wrong := [name for name, command in _judges(copy) if not _passes(command, copy)]:
        raise SystemExit(f"Without a fault, too, something is found by {', '.join(wrong)}")


def _copy(into: Path) -> None:
    git = shutil.which("git") or "git"
    listed = subprocess.run(  # noqa: S603 (our own command)
        [git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, into / name)


def _who_notices(fault: Fault, copy: Path, *, everyone: bool) -> Iterator[str]:
    path = copy / fault.file
    whole = path.read_text("utf-8")
    if fault.old not in whole:
        raise SystemExit(f"{fault.what}: {fault.old!r} does not stand in {fault.file} any more")
    path.write_text(whole.replace(fault.old, fault.new, 1), "utf-8")
    try:
        for name, command in _judges(copy):
            if not _passes(command, copy):
                yield name
                if not everyone:
                    return
    finally:
        path.write_text(whole, "utf-8")


def _judges(copy: Path) -> Iterator[tuple[str, list[str]]]:
    """The quickest first."""
    yield "our tests", [PYTHON, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *TESTS]
    sam, lint, python = (str(TOOLS / tool) for tool in ("sam", "cfn-lint", "python"))
    yield "sam validate", [sam, "validate", "--region", "eu-central-1"]
    stacks = [str(path) for path in sorted((copy / "infra/stacks").glob("*.yaml"))]
    config = ["--config-file", "infra/bar/cfnlint.yaml"]
    yield "cfn-lint", [lint, *config, "-t", MAIN, *stacks]
    transform = f"{python} -m infra.bar.transform > cfn.json 2>/dev/null"
    after = f"{transform} && {lint} --config-file {os.devnull} -t cfn.json"
    yield "cfn-lint after SAM", ["/bin/sh", "-c", after]


def _passes(command: list[str], copy: Path) -> bool:
    environment = {
        **os.environ,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "PYTHONPATH": str(copy),
        "SAM_CLI_TELEMETRY": "0",
    }
    done = subprocess.run(  # noqa: S603 (our own commands)
        command, cwd=copy, env=environment, capture_output=True, check=False
    )
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
