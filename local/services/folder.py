"""The data folder: one emulator at a time, private to its owner."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.services.errors import ServiceError


@contextmanager
def data_folder(path: Path) -> Iterator[Path]:
    """Make the folder if need be and hold it alone; yields its absolute path.

    The lock is the kernel's (`flock`): however this process ends, it is free again.

    Raises:
        ServiceError: The folder cannot be made or written, or another emulator holds it.
    """
    folder = path.absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ServiceError(f"The data folder {folder} cannot be used: {error.strerror}.") from error
    try:
        _hold(lock, folder)
        yield folder
    finally:
        os.close(lock)


def _hold(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(lock, 20, 0).decode().strip() or "unknown"
        raise ServiceError(
            f"The data folder {folder} is in use by another emulator (process {holder}): "
            "stop that one, or give this one a folder of its own with HUB_DATA=… or --data …"
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
