"""Random values made once and kept in the data folder."""

import json
import secrets
from collections.abc import Callable
from pathlib import Path

from local.services.errors import ServiceError
from local.services.private import write_private


class Keyring:
    """The secrets of one data folder, in `secrets.json`, readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        """Read what is kept in `folder`.

        Raises:
            ServiceError: The file is there but holds something else.
        """
        self._path = folder / "secrets.json"
        self._kept = _read(self._path)

    def secret(self, name: str, make: Callable[[], str] | None = None) -> str:
        """Return the value kept under `name`; the first time, make one of 48 random bytes."""
        if name not in self._kept:
            self._kept[name] = make() if make else secrets.token_urlsafe(48)
            write_private(self._path, json.dumps(self._kept, indent=2) + "\n")
        return self._kept[name]


def _read(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as error:
        raise ServiceError(f"The secrets kept in {path} cannot be read.") from error
    if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
        raise ServiceError(f"The secrets kept in {path} are not a map of names to values.")
    return kept
