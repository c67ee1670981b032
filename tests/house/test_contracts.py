"""The contracts of the house, held on every run of the tests."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.picture import framed, picture

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 400


def test_arrows_point_down() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_the_picture_in_the_readme_is_what_the_imports_say() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    assert framed(readme, picture()) == readme, "make docs"


def _files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py", "*.lua", "*.js", "*.html"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.split()]


def test_no_file_is_too_long_to_be_read() -> None:
    files = _files()

    long = {
        str(path.relative_to(ROOT)): lines
        for path in files
        if path.exists() and (lines := path.read_text("utf-8").count("\n")) > LONGEST_FILE
    }

    assert len(files) > 100
    assert long == {}


def test_every_module_begins_with_the_sentence_that_says_what_it_is_for() -> None:
    mute = [
        str(path.relative_to(ROOT))
        for path in _files()
        if path.suffix == ".py"
        and path.exists()
        and not re.match(r'(#!.*\n)?"""\S', path.read_text("utf-8"))
    ]

    assert mute == []


def test_make_help_lists_every_verb() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    verbs = set(re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split())  # type: ignore[index]

    # As a person calls it, also when these tests run under make themselves.
    asked = ["make", "--no-print-directory", "help"]
    shown = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)

    assert {line.split()[1] for line in shown.stdout.splitlines()} == verbs


@pytest.mark.parametrize(
    "name", ["socket", "rest", "docs", "google", "migrate", "ric", "host", "dev", "bar"]
)
def test_every_dependency_is_pinned_by_hash(name: str) -> None:
    lock = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")

    requirements = re.findall(r"^[a-z][^\n]*(?:\n +--hash=\S+(?: \\)?)*", lock, re.MULTILINE)

    assert requirements
    for requirement in requirements:
        assert re.match(r"\S+==\S+", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement
