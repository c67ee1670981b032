"""Draw the floors of the house from the real imports: `python -m infra.picture README.md`.

Every package stands one floor above the highest that it imports. The picture goes between two
markers in the README; `--check` only says whether it is still true.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

import grimp

ROOT: Final = Path(__file__).parents[1]
ROOTS: Final = ("hub_core", "handlers", "infra", "local")
BEGIN: Final = "<!-- The house, drawn by `make docs`. -->"
END: Final = "<!-- / -->"
WIDTH: Final = 100


def packages(root: Path = ROOT) -> dict[str, str]:
    """What is drawn: a name to call it by, and the package. `hub_core` comes in capabilities."""
    core = sorted(path.parent.name for path in (root / "hub_core").glob("*/__init__.py"))
    return {**{name: f"hub_core.{name}" for name in core}, **{name: name for name in ROOTS[1:]}}


def imports(named: Mapping[str, str]) -> dict[str, set[str]]:
    """Which of these packages each one imports, itself left out."""
    graph = grimp.build_graph(*ROOTS, cache_dir=None)
    owners = {module: _owner(module, named) for module in graph.modules}
    found: dict[str, set[str]] = {name: set() for name in named}
    for module, owner in owners.items():
        if owner is not None:
            found[owner] |= {
                target
                for imported in graph.find_modules_directly_imported_by(module)
                if (target := owners.get(imported)) and target != owner
            }
    return found


def _owner(module: str, named: Mapping[str, str]) -> str | None:
    return next(
        (name for name, package in named.items() if f"{module}.".startswith(f"{package}.")), None
    )


def floors(arrows: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Names by floor, the highest first.

    Raises:
        ValueError: some import each other in a circle.
    """
    heights: dict[str, int] = {}
    while len(heights) < len(arrows):
        ready = {
            name: 1 + max((heights[one] for one in arrows[name]), default=-1)
            for name in arrows.keys() - heights.keys()
            if heights.keys() >= set(arrows[name])
        }
        if not ready:
            circle = ", ".join(sorted(arrows.keys() - heights.keys()))
            raise ValueError(f"no floor is the lowest of {circle}")
        heights |= ready
    return [
        sorted(name for name in heights if heights[name] == height)
        for height in sorted(set(heights.values()), reverse=True)
    ]


def draw(arrows: Mapping[str, Iterable[str]], said: Mapping[str, str]) -> str:
    """The house as text, what stands apart below it: a package, and under it what it stands on."""
    reached = {target for targets in arrows.values() for target in targets}
    apart = [name for name, targets in arrows.items() if not targets and name not in reached]
    housed = {name: targets for name, targets in arrows.items() if name not in apart}
    column = max(map(len, arrows)) + 2

    def storey(floor: Iterable[str]) -> str:
        return "".join(_package(name, said[name], arrows[name], column) for name in floor)

    house = f"{'─' * WIDTH}\n".join(storey(floor) for floor in floors(housed))
    return house + "".join(f"{'═' * WIDTH}\n{storey([name])}" for name in apart)


def _package(name: str, said: str, stands_on: Iterable[str], column: int) -> str:
    line = f"{name:<{column}}{said}\n"
    below = " · ".join(sorted(stands_on))
    return f"{line}{'':<{column}}↓ {below}\n" if below else line


def picture() -> str:
    """The house as it is."""
    named = packages()
    said = {
        name: (import_module(package).__doc__ or "").partition("\n")[0]
        for name, package in named.items()
    }
    return draw(imports(named), said)


def framed(text: str, drawn: str) -> str:
    """The text with the picture between its markers; at its end if it has none."""
    block = f"{BEGIN}\n```text\n{drawn}```\n{END}"
    before, begin, rest = text.partition(BEGIN)
    if not begin:
        return f"{text.rstrip()}\n\n{block}\n".lstrip()
    return f"{before}{block}{rest.partition(END)[2]}"


def main(arguments: list[str] | None = None) -> int:
    """The command; the answer is the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.picture", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if it is outdated")
    options = parser.parse_args(arguments)
    text = options.file.read_text("utf-8") if options.file.exists() else ""
    renewed = framed(text, picture())
    if options.check:
        return int(renewed != text)
    options.file.write_text(renewed, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
