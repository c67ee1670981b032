"""Everything that can be proved about a deployment without an account: `make bar-infra`.

Each step says what it is for; a failure shows its output. Nothing here needs a network once the
packages are installed. What would need one is named at the end.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from infra.bar.boot import HERE, boot_all
from infra.bar.kept import kept
from infra.bundle import (
    LAYERS,
    BundleError,
    described,
    ingredients,
    install,
    make_code,
    make_layer,
    pinned,
    write_template,
)

ROOT: Final = Path(__file__).parents[2]
BUILD: Final = ROOT / "build"
TOOLS: Final = Path(os.environ.get("BAR_TOOLS", ROOT / ".venv-bar" / "bin"))
STACKS: Final = sorted((ROOT / "infra" / "stacks").glob("*.yaml"))
BOOTSTRAP: Final = "infra/bootstrap.yaml"
WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
DEPLOYED: Final = "aarch64"
RELEASED: Final = False
"""Whether somebody may have a database with people in it."""
LOCKS: Final = ("require-concurrent-index-creation", "require-concurrent-index-deletion")
"""squawk's rules about tables with many rows, which there are not before the first release."""
NOT_OURS: Final = (
    "ban-char-field",  # a ULID has 26 characters, never more and never less
    "prefer-robust-stmts",  # a migration is one transaction: all of it happened, or nothing did
    "require-lock-timeout",  # infra/migrations/env.py sets one for every migration
    "require-statement-timeout",  # the function that migrates has five minutes in all
)
"""Rules of squawk that do not fit how we migrate."""
ONLY_MOVED: Final = 3
"""What detect-secrets answers when lines have other numbers than in its list."""
NOT_DONE: Final = (
    "known vulnerabilities of the packages (pip-audit asks a server)",
    "IPv6 to @connections, roll-back, IAM at run time (infra/smoke.py asks a deployed stack)",
)


class StepFailed(Exception):
    """A step found something; the text is what it said."""


@dataclass(frozen=True)
class Step:
    """One thing to prove."""

    claim: str
    prove: Callable[[], str]
    """Answers with a remark, or raises `StepFailed`."""


def main() -> int:
    """Run all steps, whatever they find; the answer is the exit code."""
    BUILD.mkdir(exist_ok=True)
    failures = 0
    began = time.monotonic()
    for step in steps():
        at = time.monotonic()
        try:
            remark, mark = step.prove(), "ok  "
        except (StepFailed, BundleError, RuntimeError) as error:
            remark, mark = f"\n{error}", "FAIL"
            failures += 1
        sys.stdout.write(f"{mark} {time.monotonic() - at:5.1f} s  {step.claim}  {remark}\n")
        sys.stdout.flush()
    sys.stdout.write(f"     {time.monotonic() - began:5.1f} s  in all\n")
    for what in NOT_DONE:
        sys.stdout.write(f"not proved: {what}\n")
    return int(failures > 0)


def steps() -> Iterator[Step]:
    """In the order of what they cost."""
    region = ["--region", "eu-central-1"]
    yield Step("SAM can transform the template", lambda: _run("sam", "validate", *region))
    yield Step("cfn-lint finds nothing in the source", _lint_source)
    yield Step("nor in what SAM makes of it (circles, references)", _lint_transformed)
    yield Step("migrations hold no lock for long", _squawk)
    yield Step("workflows and compose file are well-formed, workflows safe", _workflows)
    yield Step("no secret is in the repository", _secrets)
    yield Step("bandit finds nothing", lambda: _run("bandit", *_BANDIT))
    yield Step("the bill of materials is written", _materials)
    yield Step("bundles are the same bytes twice, and small", _reproducible)
    yield Step("every function starts from its bundle and answers", _boots)


_BANDIT: Final = ("-q", "-r", "hub_core", "handlers", "infra", "-c", "infra/bar/bandit.yaml")


def _run(tool: str, *arguments: str) -> str:
    done = _ask(str(TOOLS / tool), *arguments)  # an absolute path stays as it is
    if done.returncode:
        raise StepFailed(f"{done.stdout}{done.stderr}".strip())
    return ""


def _say(*command: str) -> str:
    done = _ask(*command)
    if done.returncode:
        raise StepFailed(done.stderr.strip())
    return done.stdout


def _ask(*command: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        **os.environ,
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    # These tools are large: without bytecode each start compiles them anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(  # noqa: S603 (our own commands)
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def _lint_source() -> str:
    config = ("--config-file", "infra/bar/cfnlint.yaml")
    return _run("cfn-lint", *config, "-t", "template.yaml", BOOTSTRAP, *map(str, STACKS))


def _lint_transformed() -> str:
    path = BUILD / "cfn.json"
    path.write_text(_say(str(TOOLS / "python"), "-m", "infra.bar.transform"), "utf-8")
    return _run("cfn-lint", "--config-file", os.devnull, "-t", str(path))


def _squawk() -> str:
    """The migrations as SQL, all but the first, which finds an empty database."""
    path = BUILD / "migrations.sql"
    path.write_text(_say(sys.executable, "-m", "infra.migrate", "--sql", "0001"), "utf-8")
    excluded = [*NOT_OURS, *(() if RELEASED else LOCKS)]
    return _run("squawk", f"--exclude={','.join(excluded)}", str(path))


def _workflows() -> str:
    if not WORKFLOWS:
        raise StepFailed("there are none")
    files = [str(path) for path in WORKFLOWS]
    checker = Path(sys.executable).with_name("check-jsonschema")
    _run(str(checker), "--builtin-schema", "vendor.github-workflows", *files)
    _run(str(checker), "--builtin-schema", "vendor.compose-spec", "compose.yaml")
    return _run("zizmor", "--offline", "--quiet", *files)


def _secrets() -> str:
    """Compared with those that are known to be none, wherever in their files they stand."""
    files = [name for name in _say("git", "ls-files", "-z").split("\0") if name]
    baseline = shutil.copyfile(ROOT / "infra/bar/known_secrets.json", BUILD / "known_secrets.json")
    done = _ask(str(TOOLS / "detect-secrets-hook"), "--baseline", str(baseline), *files)
    if done.returncode not in {0, ONLY_MOVED}:
        raise StepFailed(f"{done.stdout}{done.stderr}".strip())
    return ""


def _materials() -> str:
    """Of every layer: each package of its lock, in its version, and nothing else."""
    for group in LAYERS:
        lock = f"requirements/{group}.txt"
        listed = kept(f"{group}.cdx.json", (ROOT / lock).read_text("utf-8"), partial(_list, lock))
        bill = shutil.copyfile(listed, BUILD / f"{group}.cdx.json").read_text("utf-8")
        if differing := unlisted(bill, pinned(group)):
            raise StepFailed(f"{group}: {', '.join(differing)}")
    return "build/*.cdx.json"


def unlisted(bill: str, pins: Mapping[str, str]) -> list[str]:
    """What stands in the bill of materials and not in the lock, or the other way round."""
    found = {(one["name"].lower(), one["version"]) for one in json.loads(bill)["components"]}
    return sorted(f"{name} {version}" for name, version in found ^ set(pins.items()))


def _list(lock: str, into: Path) -> None:
    _run("cyclonedx-py", "requirements", lock, "--output-reproducible", "--output-file", str(into))


def _reproducible() -> str:
    """The code twice each time; a layer twice when what it is made of has changed."""
    made = {"code": _twice(make_code, BUILD / "code.zip")}
    for group in LAYERS:
        make = partial(_twice, partial(make_layer, group, DEPLOYED))
        made[group] = BUILD / f"{group}.zip"
        shutil.copyfile(kept(f"{group}.zip", ingredients(group, DEPLOYED), make), made[group])
    write_template(BUILD, made)
    return "".join(f"\n{'':14}{described(name, path)}" for name, path in made.items())


def _twice(make: Callable[[Path], Path], into: Path) -> Path:
    with tempfile.TemporaryDirectory() as scratch:
        again = make(Path(scratch) / into.name)
        if make(into).read_bytes() != again.read_bytes():
            raise StepFailed(f"{into.name} is not the same twice")
    return into


def _boots() -> str:
    """From the very zip of code that is deployed, and layers for this machine."""
    with tempfile.TemporaryDirectory() as scratch:
        folders = {"code": Path(scratch)}
        shutil.unpack_archive(BUILD / "code.zip", scratch, "zip")
        for group in LAYERS:
            make = partial(_unpacked, group)
            folders[group] = kept(f"{group}-here", ingredients(group, HERE), make)
        ric = partial(install, "ric", platform=HERE)
        folders["ric"] = kept("ric-here", ingredients("ric", HERE), ric)
        return f"{len(boot_all(folders))} functions"


def _unpacked(group: str, into: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        archive = make_layer(group, HERE, Path(scratch) / "layer.zip")
        shutil.unpack_archive(archive, into, "zip")


if __name__ == "__main__":
    sys.exit(main())
