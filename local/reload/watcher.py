"""Sees when files of a project are saved, by looking at them twice a second."""

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

PERIOD = 0.5
"""Seconds between looks; a look at a thousand files takes some milliseconds."""

_PASSED_OVER = frozenset({"__pycache__", "node_modules", "build", "dist", "venv"})

Changed = Callable[[set[Path]], None]


class Watcher:
    """Watches folders; hidden ones and those that hold no code are passed over."""

    def __init__(self, folders: Iterable[Path], changed: Changed) -> None:
        self._folders = tuple(dict.fromkeys(folders))
        self._changed = changed
        self._known: dict[Path, int] = {}
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Take note of what is there, then look again and again."""
        self._known = dict(self._look())
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def stop(self) -> None:
        """Look no more."""
        if self._watching:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(PERIOD)
            seen = await asyncio.to_thread(lambda: dict(self._look()))
            changed = {path for path, _ in seen.items() ^ self._known.items()}
            self._known = seen
            if changed:
                self._changed(changed)

    def _look(self) -> Iterator[tuple[Path, int]]:
        for folder in self._folders:
            yield from _files(folder)


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in _PASSED_OVER:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
        elif entry.is_file() and not entry.name.endswith((".pyc", "~")):
            try:
                yield Path(entry.path), entry.stat().st_mtime_ns
            except FileNotFoundError:
                continue
