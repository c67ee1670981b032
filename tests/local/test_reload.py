"""Reload: what is saved is run, and nothing else begins anew."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.reload.imports import Imports
from tests.emulator import Emulator, running_emulator

TEMPLATE = """
Globals: {Function: {Runtime: python3.13, CodeUri: .}}
Resources:
  One:
    Type: AWS::Serverless::Function
    Properties:
      Handler: one.handler
      Events: {Get: {Type: HttpApi, Properties: {Path: /one, Method: GET}}}
  Two:
    Type: AWS::Serverless::Function
    Properties:
      Handler: two.handler
      Events: {Get: {Type: HttpApi, Properties: {Path: /two, Method: GET}}}
"""
ONE = """
import os
from shared import words

def handler(event, context):
    return {"words": words.WORDS, "pid": os.getpid()}
"""
TWO = """
import os

def handler(event, context):
    return {"words": "own", "pid": os.getpid()}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "shared").mkdir(parents=True)
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "one.py").write_text(ONE)
    (folder / "two.py").write_text(TWO)
    (folder / "shared" / "__init__.py").write_text("")
    (folder / "shared" / "words.py").write_text("WORDS = 'before'")
    return folder


@pytest.fixture(params=[[], ["--in-process"]], ids=["processes", "threads"])
def emulator(request: pytest.FixtureRequest, project: Path, tmp_path: Path) -> Iterator[Emulator]:
    flags = ["--template", str(project / "template.yaml"), *request.param]
    with running_emulator(tmp_path / "data", flags=flags) as emulator:
        yield emulator


def test_what_is_saved_is_run_and_others_stay_warm(emulator: Emulator, project: Path) -> None:
    before, other = (httpx.get(f"{emulator.url}/{name}").json() for name in ("one", "two"))

    (project / "shared" / "words.py").write_text("WORDS = 'after'")
    told = emulator.line("reloaded  ")

    after, same = (httpx.get(f"{emulator.url}/{name}").json() for name in ("one", "two"))
    assert (before["words"], after["words"]) == ("before", "after")
    assert other["pid"] == same["pid"]
    assert told.endswith("One  (words.py)")


def test_a_mistake_that_is_saved_is_said_and_mended_by_the_next(
    emulator: Emulator, project: Path
) -> None:
    httpx.get(f"{emulator.url}/one")

    (project / "one.py").write_text("def handler(event, context:")
    emulator.line("Runtime.UserCodeSyntaxError")
    broken = httpx.get(f"{emulator.url}/one")
    (project / "one.py").write_text(ONE.replace('"words"', '"mended"'))
    emulator.line("reloaded  One  (one.py)", nth=2)

    assert broken.status_code == 500
    assert httpx.get(f"{emulator.url}/one").json()["mended"] == "before"


def test_imports_are_found_near_and_far(tmp_path: Path) -> None:
    files = {
        "a/__init__.py": "",
        "a/door.py": "import json\nfrom b import deep\nfrom . import beside",
        "a/beside.py": "def f():\n    from c.late import thing",
        "b/__init__.py": "from b.base import *",
        "b/base.py": "",
        "b/deep.py": "import a.door",
        "c/late.py": "",
        "c/never.py": "",
        "d.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    found = Imports(tmp_path).of("a.door")

    assert {str(path.relative_to(tmp_path)) for path in found} == files.keys() - {
        *("c/never.py", "d.py")
    }


def test_a_file_that_is_no_python_has_no_imports(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def (")

    assert Imports(tmp_path).of("a") == {tmp_path / "a.py"}
    shutil.rmtree(tmp_path)
    assert Imports(tmp_path).of("a") == set()
