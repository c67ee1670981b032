"""Renews the functions whose code was saved, and no others."""

from pathlib import Path

from local.console import Console
from local.lambdas.fleet import Fleet
from local.model import Template
from local.reload.imports import Imports
from local.reload.watcher import Watcher


class Reloader:
    """Watches the code of a template's functions."""

    def __init__(self, template: Template, fleet: Fleet, console: Console) -> None:
        self._template = template
        self._fleet = fleet
        self._say = console.line
        self._paint = console.paint
        folders = {function.code for function in template.functions.values()}
        self._imports = {folder: Imports(folder) for folder in folders}
        self._watcher = Watcher([*folders, template.path.parent], self.changed)

    def start(self) -> None:
        """Begin to watch."""
        self._watcher.start()

    async def stop(self) -> None:
        """Watch no more."""
        await self._watcher.stop()

    def changed(self, paths: set[Path]) -> None:
        """Renew what is affected; whatever a function does now, it ends with the old code."""
        if self._template.path in paths:
            self._say(self._paint(f"{self._template.path.name} has changed: start anew", "yellow"))
        affected = self.affected(paths)
        if affected:
            self._fleet.renew(affected)
            names = ", ".join(sorted(affected))
            saved = ", ".join(sorted(path.name for path in paths))
            self._say(f"{self._paint('reloaded', 'cyan')}  {names}  ({saved})")

    def affected(self, paths: set[Path]) -> dict[str, set[Path]]:
        """The functions that import one of these files, with all the files that they import."""
        found = {}
        for name, function in self._template.functions.items():
            imports = self._imports[function.code].of(function.handler.rpartition(".")[0])
            if _touches(paths, imports):
                found[name] = imports
        return found


def _touches(paths: set[Path], imports: set[Path]) -> bool:
    """A file that is no code (SQL, Lua) belongs to the modules beside it."""
    folders = {path.parent for path in imports}
    return any(
        path in imports if path.suffix == ".py" else path.parent in folders for path in paths
    )
