"""The tests of the previous release on the schema of this one: `make test-previous`.

During a roll-out and after a roll-back the old code meets the new schema. So its tests run, in a
tree of their own, on a database that is migrated by the migrations that stand here. Without --since
the newest tag is the previous release. Packages are those of today.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
STORIES: Final = (
    *("tests/accounts", "tests/meetings", "tests/invites", "tests/history", "tests/handlers"),
    *("tests/live", "tests/web"),
)
"""Those that reach PostgreSQL; a release that lacks a folder has none of its stories."""
PLUGIN: Final = '''
"""Has the fixtures of an older tree migrate by the migrations of the present one."""

import os
import subprocess
import sys

import infra.migrate


def migrate(database_url: str) -> bool:
    present = os.environ["PRESENT"]
    environment = {**os.environ, "DATABASE_URL": database_url, "PYTHONPATH": present}
    command = [sys.executable, "-m", "infra.migrate"]
    subprocess.run(command, cwd=present, env=environment, check=True)
    return True


infra.migrate.migrate = migrate  # before conftest.py takes it
'''


def main(arguments: list[str] | None = None) -> int:
    """The command; answers with pytest's exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.bar.previous", description=__doc__)
    parser.add_argument("--since", help="a tag or commit; default: the newest tag")
    options, for_pytest = parser.parse_known_args(arguments)
    since = options.since or _git("tag", "--sort=-creatordate").partition("\n")[0]
    if not since:
        sys.stderr.write("There is no tag yet: name a commit, as in --since HEAD~1\n")
        return 2
    sys.stdout.write(f"{since}: {_git('log', '-1', '--format=%h %s', since)}\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        _git("worktree", "add", "--detach", "--quiet", str(tree), since)
        try:
            return _tested(tree, for_pytest)
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _tested(tree: Path, for_pytest: list[str]) -> int:
    (tree / "present_schema.py").write_text(PLUGIN, "utf-8")
    stories = [story for story in STORIES if (tree / story).is_dir()]
    command = [sys.executable, "-m", "pytest", "-p", "present_schema", *stories, *for_pytest]
    environment = {**os.environ, "PRESENT": str(ROOT), "PYTHONPATH": str(tree)}
    return subprocess.run(command, cwd=tree, env=environment, check=False).returncode  # noqa: S603 (our own command)


def _git(*arguments: str) -> str:
    git = shutil.which("git") or "git"
    done = subprocess.run(  # noqa: S603 (our own command)
        [git, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr.strip())
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
