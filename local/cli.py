"""The command line: `python -m local`."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LAST_PORT = 65535
_DEFAULT_PORT = "4000"


@dataclass(frozen=True)
class Options:
    """What a person asked for."""

    template: Path
    port: int
    data: Path
    """The data folder; two emulators need two."""
    in_process: bool
    """Functions run in threads of this process, for a debugger."""
    per_connection_serial: bool
    """Messages of one connection wait for each other; on AWS they may not."""
    time_scale: float
    """Factor on API Gateway's long limits (idle, duration); 0.01 makes two hours 72 seconds."""


def read_options(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Options:
    """Read the command line over the environment; ends the program with code 2 if it is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="Run the API of a SAM template on this machine.",
        epilog="DATABASE_URL and REDIS_URL name data stores that run already; without them, "
        "PostgreSQL and Valkey are started in the data folder.",
    )
    parser.add_argument(
        "--template", type=Path, default=Path("template.yaml"), help="default: %(default)s"
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=environment.get("PORT") or _DEFAULT_PORT,
        help=f"default: PORT, else {_DEFAULT_PORT}",
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(environment.get("HUB_DATA") or ".hub"),
        metavar="FOLDER",
        help="where data and secrets are kept; default: HUB_DATA, else .hub",
    )
    parser.add_argument(
        "--in-process",
        action="store_true",
        help="run the functions in threads of this process, for a debugger",
    )
    parser.add_argument(
        "--per-connection-serial",
        action="store_true",
        help="one message of a connection at a time (AWS may run them at once)",
    )
    parser.add_argument(
        "--time-scale",
        type=_scale,
        default="1",
        metavar="FACTOR",
        help="on the gateway's time limits: 0.01 makes two hours 72 seconds",
    )
    return Options(**vars(parser.parse_args(arguments)))


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port (1 to {_LAST_PORT})")
    return int(text)


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0
    if not 0 < scale < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no factor (a number above 0)")
    return scale
