"""Make what is deployed: `python -m infra.bundle [--platform x86_64] [build]`.

Writes the code, a layer for each group of packages, and a template that points at them. The same
sources give the same bytes, on any machine: entries are sorted, times and modes are fixed, and the
bytecode is checked against nothing (it cannot be older than its source). Without bytecode a cold
start takes two and a half times as long, and /var/task is read-only: Lambda cannot make it up.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from infra.template import PATH

ROOT: Final = PATH.parent
PYTHON: Final = "3.13"
LAYERS: Final = {
    "socket": None,
    "rest": None,
    "docs": "rest",
    "google": "rest",
    "migrate": "rest",
}
"""A layer for each group of packages; the second one is what it lies on top of."""
CODE: Final = (
    "handlers/**/*",
    "hub_core/**/*",
    "infra/__init__.py",
    "infra/migrate.py",
    "infra/migration.py",
    "infra/schema.py",
    "infra/migrations/**/*",
    "docs/*.json",
)
EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest moment that a zip file knows."""
LARGEST_ZIP: Final = 50 * 10**6
LARGEST_LAYER: Final = 120 * 10**6
_NOT_NEEDED: Final = re.compile(
    r"(^|/)(RECORD|INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json|\.lock)$|^bin/|\.pyi$"
)


class BundleError(Exception):
    """It could not be made; the text says why."""


def bundle(into: Path, platform: str, release: str = "") -> dict[str, Path]:
    """Make everything; answers with the zip files by their names.

    `release` is what the deployment calls itself: without one, a digest of what is in it.

    Raises:
        BundleError: a tool is missing, a package has no wheel, or something grew too large.
    """
    into.mkdir(parents=True, exist_ok=True)
    made = {"code": make_code(into / "code.zip")}
    for group in LAYERS:
        made[group] = make_layer(group, platform, into / f"{group}.zip")
    write_template(into, made, release)
    return made


def make_code(path: Path) -> Path:
    """Zip the handlers and what they stand on."""
    with tempfile.TemporaryDirectory() as scratch:
        _copy_code(Path(scratch))
        return _compiled_and_zipped(Path(scratch), path)


def make_layer(group: str, platform: str, path: Path) -> Path:
    """Zip the packages of a group, without those of the layer that it lies on.

    Raises:
        BundleError: there is no such wheel.
    """
    with tempfile.TemporaryDirectory() as scratch:
        install(group, Path(scratch) / "python", platform, LAYERS[group])
        return _compiled_and_zipped(Path(scratch), path)


def ingredients(group: str, platform: str) -> str:
    """Everything that the bytes of a layer follow from: the same ones make the same layer."""
    version = _run([str(interpreter()), "-VV"]).stdout
    uv = (ROOT / "requirements" / "uv.txt").read_text("utf-8")
    ours = Path(__file__).read_text("utf-8")
    return "\0".join([_requirements(group, LAYERS.get(group)), platform, version, uv, ours])


@cache
def interpreter() -> Path:
    """A Python of the version that Lambda runs: only it makes the bytecode that it reads."""
    home = Path.home()
    candidates: list[str | Path] = [
        *filter(None, [os.environ.get("PYTHON313"), shutil.which(f"python{PYTHON}")]),
        *home.glob(f".pyenv/versions/{PYTHON}.*/bin/python{PYTHON}"),
        *home.glob(f".local/share/uv/python/cpython-{PYTHON}*/bin/python{PYTHON}"),
    ]
    for candidate in candidates:
        asked = _run([str(candidate), "-c", _WHO]).stdout.split(maxsplit=1)
        if asked and asked[0] == PYTHON:
            return Path(asked[1].strip())  # itself: what was asked may be a shim of pyenv
    raise BundleError(f"Python {PYTHON}, which Lambda runs, is not here; PYTHON313 may name one.")


_WHO: Final = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    return subprocess.run(  # noqa: S603 (our own commands)
        command, capture_output=True, text=True, check=False, env=environment
    )


def _copy_code(into: Path) -> None:
    for pattern in CODE:
        for path in ROOT.glob(pattern):
            if path.is_file() and "__pycache__" not in path.parts:
                copy = into / path.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)


def _requirements(group: str, under: str | None) -> str:
    """The lock of a group, without what the layer under it holds already."""
    below = {name for name, _ in _pins(under)} if under else set[str]()
    return "".join(block for name, block in _pins(group) if name not in below)


def pinned(group: str) -> dict[str, str]:
    """The packages of a group's lock, by their names, and their versions."""
    return {name: block.split("==")[1].split()[0] for name, block in _pins(group)}


def _pins(group: str) -> Iterator[tuple[str, str]]:
    lock = (ROOT / "requirements" / f"{group}.txt").read_text("utf-8")
    for match in re.finditer(r"^([\w.-]+)==.*(?:\n +--hash.*)*\n", lock, re.MULTILINE):
        yield match[1], match[0]


def install(group: str, into: Path, platform: str, under: str | None = None) -> None:
    """Put the packages of a group into a folder: wheels only, each of the hash in the lock.

    Raises:
        BundleError: there is no such wheel.
    """
    requirements = _requirements(group, under)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirements)
        file.flush()
        command = [
            *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps"),
            *("--require-hashes", "--only-binary", ":all:", "--link-mode", "copy"),
            *("--python-version", PYTHON, "--python-platform", f"{platform}-manylinux_2_28"),
            *("--target", str(into), "-r", file.name),
        ]
        done = _run(command)
    if done.returncode:
        raise BundleError(done.stderr.strip())


def _compiled_and_zipped(folder: Path, path: Path) -> Path:
    command = [
        *(str(interpreter()), "-m", "compileall", "-q", "-f", "--invalidation-mode"),
        *("unchecked-hash", "-s", str(folder), "-p", "/", str(folder)),
    ]
    compiled = _run(command)
    if compiled.returncode:
        raise BundleError(compiled.stdout + compiled.stderr)
    return _zip(folder, path)


def _zip(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(folder.rglob("*")):
            name = file.relative_to(folder).as_posix()
            if not file.is_file() or _NOT_NEEDED.search(name.removeprefix("python/")):
                continue
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return path


def described(name: str, path: Path) -> str:
    """A line about a zip file.

    Raises:
        BundleError: it is too large.
    """
    with zipfile.ZipFile(path) as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
    zipped = path.stat().st_size
    if zipped > LARGEST_ZIP or unzipped > LARGEST_LAYER:
        raise BundleError(f"{name} is too large: a cold start loads it.")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{name:<8} {zipped / 1e6:6.1f} MB {unzipped / 1e6:6.1f} MB unzipped  sha256 {digest}"


def write_template(into: Path, made: Mapping[str, Path], release: str = "") -> None:
    """The template as it is, but for where things are, and what they are."""
    digests = "".join(hashlib.sha256(path.read_bytes()).hexdigest() for path in made.values())
    release = release or hashlib.sha256(digests.encode()).hexdigest()[:12]
    text = PATH.read_text("utf-8")
    text = re.sub(r"(?m)^( +R(?:ELEASE|elease): )local\b", rf"\g<1>{release}", text)
    text = text.replace("CodeUri: .\n", "CodeUri: code.zip\n")
    text = text.replace("ContentUri: build/", "ContentUri: ")
    text = text.replace("TemplateURL: infra/stacks/", "TemplateURL: stacks/")
    (into / "template.yaml").write_text(text, "utf-8")
    shutil.copytree(ROOT / "infra" / "stacks", into / "stacks", dirs_exist_ok=True)


def main(arguments: list[str] | None = None) -> int:
    """The command; the answer is the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.bundle", description=__doc__)
    parser.add_argument("into", type=Path, nargs="?", default=ROOT / "build")
    parser.add_argument(
        "--platform", default="aarch64", choices=["aarch64", "x86_64"], help="default: %(default)s"
    )
    parser.add_argument("--release", default="", help="default: a digest of what is in it")
    parser.add_argument("--interpreter", action="store_true", help="only say which Python is used")
    options = parser.parse_args(arguments)
    try:
        if options.interpreter:
            sys.stdout.write(f"{interpreter()}\n")
            return 0
        for name, path in bundle(options.into, options.platform, options.release).items():
            sys.stdout.write(f"{described(name, path)}\n")
    except BundleError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
