"""Take each safety mechanism out and see its test fail: `make mutants`.

Works on a copy of the tree; nothing here is touched. First every named test has to pass as the
house stands: a test that fails anyway notices nothing.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.proof.mechanism import Mechanism
from tests.proof.mechanisms import MECHANISMS

ROOT = Path(__file__).parents[2]
PASSED, FAILED = 0, 1
"""What pytest returns; anything else means that it did not get that far."""
LONGEST_SEC = 180
"""For one test; a mutant may wait for ever."""


@dataclass(frozen=True)
class Bench:
    """A copy of the tree to take things out of."""

    folder: Path

    @classmethod
    def set_up(cls, folder: Path) -> "Bench":
        """Copy what git knows of, or would."""
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        return cls(folder)

    def test(self, names: Sequence[str]) -> tuple[int, str]:
        """Run tests; pytest's exit code and its last words."""
        try:
            run = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "pytest",
                    "-x",
                    "--no-header",
                    "-p",
                    "no:cacheprovider",
                    *names,
                ],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(self.folder)},
                capture_output=True,
                text=True,
                timeout=LONGEST_SEC * len(names),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return FAILED, "it never ended"
        return run.returncode, (run.stdout or run.stderr).strip().splitlines()[-1]

    def without(self, mechanism: Mechanism) -> tuple[int, str]:
        """Take it out, run its test, and put it back."""
        path = self.folder / mechanism.path
        whole = path.read_text()
        path.write_text(whole.replace(mechanism.text, mechanism.instead))
        try:
            return self.test([mechanism.test])
        finally:
            path.write_text(whole)


def misplaced(mechanism: Mechanism) -> str | None:
    """Why it cannot be taken out, if it cannot."""
    count = (ROOT / mechanism.path).read_text().count(mechanism.text)
    return None if count == 1 else f"its text stands in {mechanism.path} {count} times"


def main(arguments: Sequence[str]) -> int:
    """0 if every mechanism is missed by its test."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("words", nargs="*", help="only mechanisms with one of these in their name")
    parser.add_argument("--at-once", type=int, default=2)
    asked = parser.parse_args(arguments)
    words = asked.words or [""]
    chosen = [one for one in MECHANISMS if any(word in one.name for word in words)]
    if lost := [f"{one.name}: {why}" for one in chosen if (why := misplaced(one))]:
        sys.stdout.write("\n".join(lost) + "\n")
        return 1
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        return _try_all(chosen, Path(folder), asked.at_once, began)


def _try_all(chosen: Sequence[Mechanism], folder: Path, at_once: int, began: float) -> int:
    benches: SimpleQueue[Bench] = SimpleQueue()
    for number in range(at_once):
        benches.put(Bench.set_up(folder / str(number)))
    tests = sorted({one.test for one in chosen})
    bench = benches.get()
    code, words = bench.test(tests)
    benches.put(bench)
    if code != PASSED:
        sys.stdout.write(f"as the house stands, the tests do not pass: {words}\n")
        return 1

    def run(mechanism: Mechanism) -> bool:
        bench = benches.get()
        try:
            code, words = bench.without(mechanism)
        finally:
            benches.put(bench)
        verdict = {FAILED: "killed", PASSED: "SURVIVED"}.get(code, "BROKEN")
        test = mechanism.test.rpartition("/")[2]
        detail = f"  ({words})" if verdict == "BROKEN" else ""
        sys.stdout.write(f"{verdict:9} {mechanism.name:62} {test}{detail}\n")
        sys.stdout.flush()
        return verdict == "killed"

    with ThreadPoolExecutor(at_once) as threads:
        killed = sum(threads.map(run, chosen))
    took = time.monotonic() - began
    sys.stdout.write(f"{killed} of {len(chosen)} mutants killed in {took:.0f} s\n")
    return int(killed < len(chosen))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
