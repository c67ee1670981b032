"""What a handler loads: a cold start pays for every import, and a bundle for every package."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.template import SocketDoor, doors, load

ROOT = Path(__file__).parents[2]
DOORS = doors(load())
MODULES = sorted({door.module for door in DOORS})
SOCKETS = {door.module for door in DOORS if isinstance(door, SocketDoor)}
PASSWORDS = {
    "handlers.accounts.login",
    "handlers.accounts.password",
    "handlers.accounts.register",
}
"""The routes that hash or check a password."""
GOOGLE = {"handlers.accounts.google"}
"""Its tokens are RS256, which needs `cryptography`, and its keys are fetched."""
NOWHERE = {"boto3", "botocore", "alembic", "yaml", "local", "infra"}
HEAVY = {"sqlalchemy", "fastapi", "starlette", "mangum", "httpx"}


def _bundle(module: str) -> str:
    """The group of dependencies that ships with a handler."""
    match module.split("."):
        case [_, "socket" | "jobs", _]:
            return "socket"
        case [_, "docs", _]:
            return "docs"
        case _:
            return "google" if module in GOOGLE else "rest"


def _loaded(module: str) -> set[str]:
    """The packages that a handler loads where nothing is installed but its bundle."""
    done = subprocess.run(
        [
            sys.executable,
            ROOT / "tests" / "house" / "imports_of.py",
            ROOT / "requirements" / f"{_bundle(module)}.txt",
            module,
        ],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


@pytest.mark.parametrize("module", MODULES)
def test_a_handler_loads_what_its_bundle_holds_and_nothing_that_it_has_no_use_for(
    module: str,
) -> None:
    loaded = _loaded(module)

    unwanted = set(NOWHERE)
    if module in SOCKETS:
        unwanted |= HEAVY
    if module not in PASSWORDS:
        unwanted.add("argon2")
    if module not in GOOGLE:
        unwanted |= {"cryptography", "httpx"}
    assert loaded & unwanted == set()


def test_only_the_development_environment_has_the_heavy_ones() -> None:
    locks = {path.stem: path.read_text("utf-8") for path in (ROOT / "requirements").glob("*.txt")}

    assert {name for name, lock in locks.items() if "\ncryptography==" in lock} == {"google", "dev"}
    assert {name for name, lock in locks.items() if "\nboto3==" in lock} == {"dev"}
    assert {name for name, lock in locks.items() if "\nargon2-cffi==" in lock} == {
        "rest",
        "docs",
        "google",
        "dev",
    }
