"""What a handler loads: a cold start pays for every import, and a bundle for every package."""

import json
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

from infra.template import SocketDoor, doors, functions, load

ROOT = Path(__file__).parents[2]
DOORS = doors(load())
FUNCTIONS = functions(load())
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
SILENT = {"SocketConnect", "ChangeMeeting", "ShowSettings"}
"""Load what can post, and post nothing: from $connect nobody can be posted to, and the others share
a module with a route that does."""
NOWHERE = {"boto3", "botocore", "alembic", "yaml", "local", "infra"}
"""The migration alone is of `infra`; it loads Alembic when there is something to do."""
HEAVY = {"sqlalchemy", "fastapi", "starlette", "mangum", "httpx"}


def _bundle(module: str) -> str:
    """The group of dependencies that ships with a handler."""
    match module.split("."):
        case [_, "socket" | "jobs", _]:
            return "socket"
        case [_, "docs", _]:
            return "docs"
        case ["infra", _]:
            return "migrate"
        case _:
            return "google" if module in GOOGLE else "rest"


@lru_cache
def _loaded(module: str) -> frozenset[str]:
    """The modules that a handler loads where nothing is installed but its bundle."""
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
    return frozenset(json.loads(done.stdout))


@pytest.mark.parametrize("module", MODULES)
def test_a_handler_loads_what_its_bundle_holds_and_nothing_that_it_has_no_use_for(
    module: str,
) -> None:
    loaded = {name.partition(".")[0] for name in _loaded(module)}

    unwanted = NOWHERE - {module.partition(".")[0]}
    if module in SOCKETS:
        unwanted |= HEAVY
    if module not in PASSWORDS:
        unwanted.add("argon2")
    if module not in GOOGLE:
        unwanted |= {"cryptography", "httpx"}
    assert loaded & unwanted == set()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_post_to_connections_if_it_can(name: str) -> None:
    module = FUNCTIONS[name]["Handler"].rpartition(".")[0]
    can = "hub_core.adapters.gateway" in _loaded(module)

    may = {"Ref": "PostToConnections"} in FUNCTIONS[name].get("Policies", [])

    assert may == (can and name not in SILENT)


def test_what_is_deployed_holds_the_heavy_ones_only_where_they_are_used() -> None:
    groups = ("socket", "rest", "docs", "google", "migrate")
    locks = {group: (ROOT / "requirements" / f"{group}.txt").read_text("utf-8") for group in groups}

    def holding(package: str) -> set[str]:
        return {group for group, lock in locks.items() if f"\n{package}==" in lock}

    assert holding("cryptography") == {"google"}
    assert holding("boto3") == set()
    assert holding("alembic") == {"migrate"}
    assert holding("argon2-cffi") == set(groups) - {"socket"}
