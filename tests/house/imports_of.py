"""Import a module with no other packages than those of a lock: prints what it loaded, as JSON.

python tests/house/imports_of.py requirements/socket.txt handlers.socket.message
"""

import importlib
import json
import re
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


class Bundle(MetaPathFinder):
    """Hides every installed package that the lock does not name."""

    def __init__(self, lock: Path) -> None:
        pinned = {
            _plain(name) for name in re.findall(r"^([\w.-]+)==", lock.read_text(), re.MULTILINE)
        }
        self._hidden = {
            package
            for package, distributions in packages_distributions().items()
            if not pinned & {_plain(one) for one in distributions}
        }

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Say that it is not there, if it will not be there."""
        if fullname.partition(".")[0] in self._hidden:
            raise ModuleNotFoundError(f"{fullname} is not in the bundle", name=fullname)
        return None


if __name__ == "__main__":
    sys.meta_path.insert(0, Bundle(Path(sys.argv[1])))
    importlib.import_module(sys.argv[2])
    sys.stdout.write(json.dumps(sorted(sys.modules)))
