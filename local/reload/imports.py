"""Which files of a project a function imports, found by reading and not by running them."""

import ast
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class _Read:
    """A file as it was read last."""

    modified: int
    names: frozenset[str]


@dataclass
class Imports:
    """The modules below one folder."""

    root: Path
    _read: dict[Path, _Read] = field(default_factory=dict)

    def of(self, module: str) -> set[Path]:
        """The files of a module and of everything below the folder that it imports, near or far.

        Imports inside functions count too; those by a computed name cannot be seen.
        """
        found: set[Path] = set()
        waiting = [module]
        while waiting:
            for path in self._files(waiting.pop()):
                if path not in found:
                    found.add(path)
                    waiting += self._names(path)
        return found

    def _files(self, name: str) -> list[Path]:
        """The module's own file, and the packages that are run before it."""
        parts = name.split(".")
        packages = (
            self.root.joinpath(*parts[:at], "__init__.py") for at in range(1, len(parts) + 1)
        )
        module = self.root.joinpath(*parts).with_suffix(".py") if all(parts) else None
        candidates = [*packages, *([module] if module else [])]
        return [path for path in candidates if path.is_file()]

    def _names(self, path: Path) -> frozenset[str]:
        modified = path.stat().st_mtime_ns
        known = self._read.get(path)
        if known is None or known.modified != modified:
            known = self._read[path] = _Read(modified, self._parsed(path))
        return known.names

    def _parsed(self, path: Path) -> frozenset[str]:
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            return frozenset()
        package = list(path.relative_to(self.root).parent.parts)
        names: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                above = package[: len(package) - node.level + 1] if node.level else []
                base = ".".join([*above, *([node.module] if node.module else [])])
                # What is imported from a package may be a module of it.
                names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
        return frozenset(filter(None, names))
