"""What is dear to make and always comes out the same is made once, until its ingredients change."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from infra.template import PATH

KEPT: Final = PATH.parent / "build" / "kept"


def kept(name: str, made_of: str, make: Callable[[Path], object], into: Path = KEPT) -> Path:
    """The file or folder of that name, made of exactly this: by `make`, unless it is there.

    What was made of something else before is thrown away. If `make` raises, nothing is kept.
    """
    path = into / name / hashlib.sha256(made_of.encode()).hexdigest()[:32]
    if not path.exists():
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir(parents=True)
        unfinished = path.with_suffix(".unfinished")
        make(unfinished)
        os.replace(unfinished, path)  # noqa: PTH105 (a folder, too)
    return path
