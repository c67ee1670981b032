"""Schemathesis against the running product: `make fuzz`, with as many cases as you have time for.

No answer may be a defect, none may differ from what docs/openapi.json says of it, and so every
error is a published problem. Requests that would sign the caller out come last.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tests.emulator import Emulator, running_emulator

CONFIG: Final = Path(__file__).with_name("schemathesis.toml")
ENDING: Final = r"^/v1/auth/(logout|password|sessions)"
"""Whoever calls these is not signed in any more, or somewhere else is not."""
VARIABLES: Final = {
    "RATE_LIMIT_SCALE": "100000",
    "ACCESS_TTL_SEC": "36000",
    "ARGON2_MEMORY_KIB": "8",
    "ARGON2_TIME_COST": "1",
}
"""What an emulator needs to be asked that often."""
_CASES: Final = re.compile(r"^  (\d+) generated", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """Of one run."""

    passed: bool
    cases: int
    report: str


def fuzz(emulator: Emulator, *, examples: int, seed: int) -> list[Outcome]:
    """Two runs as one person: what keeps them signed in, then what does not."""
    token = _sign_in(emulator.url)
    return [
        _run(emulator.url, token, ["--exclude-path-regex", ENDING], examples, seed),
        _run(emulator.url, token, ["--include-path-regex", ENDING], examples, seed),
    ]


def _sign_in(url: str) -> str:
    somebody = {"email": "fuzz@example.com", "password": "correct horse", "displayName": "Fuzz"}
    answer = httpx.post(f"{url}/v1/auth/register", json=somebody, timeout=60).raise_for_status()
    token: str = answer.json()["accessToken"]
    return token


def _run(url: str, token: str, which: list[str], examples: int, seed: int) -> Outcome:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "--no-color"),
        *("run", f"{url}/swagger/json", "--checks", "all", "--continue-on-failure"),
        # It wants 405 for a wrong method. API Gateway has none, nor has the contract: it is 404.
        *("--exclude-checks", "unsupported_method"),
        *("--max-examples", str(examples), "--seed", str(seed), "--workers", "1"),
        *("--header", f"Authorization: Bearer {token}", "--warnings", "off", *which),
    ]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = _CASES.search(done.stdout)
    return Outcome(done.returncode == 0, int(found[1]) if found else 0, done.stdout + done.stderr)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=1000, help="of each route (1000)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_emulator(
            Path(folder), flags=["--no-reload"], variables=VARIABLES, quiet=True
        ) as emulator,
    ):
        outcomes = fuzz(emulator, examples=options.examples, seed=options.seed)
    for outcome in outcomes:
        sys.stdout.write(outcome.report)
    sys.exit(0 if all(outcome.passed for outcome in outcomes) else 1)


if __name__ == "__main__":
    main()
