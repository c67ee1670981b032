"""Everything that can be proved about a deployment without an account: `make bar-infra`.

Each step says what it is for; a failure shows its output. Nothing here needs a network once the
packages are installed. What would need one is named at the end.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.bar.boot import HERE, boot_all
from infra.bundle import BundleError, bundle, described

ROOT: Final = Path(__file__).parents[2]
BUILD: Final = ROOT / "build"
TOOLS: Final = Path(os.environ.get("BAR_TOOLS", ROOT / ".venv-bar" / "bin"))
STACKS: Final = sorted((ROOT / "infra" / "stacks").glob("*.yaml"))
WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
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


def _run(tool: str, *arguments: str, stdin: str | None = None) -> str:
    environment = {
        **os.environ,
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(  # noqa: S603 (our own commands)
        [str(TOOLS / tool), *arguments],  # an absolute path stays as it is
        cwd=ROOT,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StepFailed(f"{done.stdout}{done.stderr}".strip())
    return ""


def _lint_source() -> str:
    config = ("--config-file", "infra/bar/cfnlint.yaml")
    return _run("cfn-lint", *config, "-t", "template.yaml", *map(str, STACKS))


def _lint_transformed() -> str:
    path = BUILD / "cfn.json"
    done = subprocess.run(  # noqa: S603 (our own command)
        [str(TOOLS / "python"), "-m", "infra.bar.transform"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StepFailed(done.stderr.strip())
    path.write_text(done.stdout, "utf-8")
    return _run("cfn-lint", "--config-file", os.devnull, "-t", str(path))


def _squawk() -> str:
    """The migrations as SQL, all but the first, which finds an empty database."""
    done = subprocess.run(
        [sys.executable, "-m", "infra.migrate", "--sql", "0001"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StepFailed(done.stderr.strip())
    path = BUILD / "migrations.sql"
    path.write_text(done.stdout, "utf-8")
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
    listed = subprocess.run(  # noqa: S603 (our own command)
        [shutil.which("git") or "git", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [name for name in listed.stdout.split("\0") if name]
    baseline = "infra/bar/known_secrets.json"
    return _run("detect-secrets-hook", "--baseline", baseline, *files)


def _materials() -> str:
    for group in ("socket", "rest", "docs", "migrate"):
        lock, into = f"requirements/{group}.txt", str(BUILD / f"{group}.cdx.json")
        _run("cyclonedx-py", "requirements", lock, "--output-file", into)
    return "build/*.cdx.json"


def _reproducible() -> str:
    first = {name: path.read_bytes() for name, path in bundle(BUILD, "aarch64").items()}
    second = {name: path.read_bytes() for name, path in bundle(BUILD / "again", "aarch64").items()}
    if differing := [name for name in first if first[name] != second[name]]:
        raise StepFailed(f"differ: {', '.join(differing)}")
    return "".join(f"\n{'':14}{described(name, BUILD / f'{name}.zip')}" for name in first)


def _boots() -> str:
    bundle(BUILD / "here", HERE)
    return f"{len(boot_all(BUILD / 'here'))} functions"


if __name__ == "__main__":
    sys.exit(main())
