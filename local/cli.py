"""The command line: `python -m local`."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from local.gateway.faults import KINDS, Fault, UnknownFaultError, read_fault
from local.gateway.limits import NAMES as LIMITS
from local.gateway.limits import read_limit

_LAST_PORT = 65535
_DEFAULT_PORT = "4000"


@dataclass(frozen=True)
class Options:
    """What a person asked for."""

    template: Path
    host: str
    port: int
    """0 for any free one."""
    data: Path
    """The data folder; two emulators need two."""
    parameters: Mapping[str, str]
    """Values for the template's parameters."""
    prepare: bool
    """Whether the template's preparing steps are run."""
    reload: bool
    """Whether functions begin anew when their code is saved."""
    containers: int
    """At most so many of each function at a time."""
    in_process: bool
    """Functions run in threads of this process, for a debugger."""
    per_connection_serial: bool
    """Messages of one connection wait for each other; on AWS they may not."""
    turn: bool
    """Whether a TURN server is started, too."""
    inspect: bool
    """Whether the control port shows what happens."""
    control_port: int
    """Where faults are switched and connections looked at; 0 for any free port."""
    faults: Mapping[str, Fault]
    seed: int
    """Of the faults' chances."""
    limits: Mapping[str, int | timedelta]
    """Limits of API Gateway that are others than AWS's."""
    time_scale: float
    """Factor on how long connections last and schedules wait; 0.01 makes two hours 72 seconds."""


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
        "--host",
        default=environment.get("HOST") or "127.0.0.1",
        help="default: HOST, else %(default)s; 0.0.0.0 for other machines too",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=environment.get("PORT") or _DEFAULT_PORT,
        help=f"default: PORT, else {_DEFAULT_PORT}; 0 for any free one",
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(environment.get("HUB_DATA") or ".hub"),
        metavar="FOLDER",
        help="where data and secrets are kept; default: HUB_DATA, else .hub",
    )
    parser.add_argument(
        "--parameter",
        type=_parameter,
        action="append",
        default=[],
        dest="parameters",
        metavar="NAME=VALUE",
        help="a parameter of the template; may be given several times",
    )
    parser.add_argument(
        "--no-prepare",
        action="store_false",
        dest="prepare",
        help="leave out the template's preparing steps (migrations, seeds)",
    )
    parser.add_argument(
        "--no-reload",
        action="store_false",
        dest="reload",
        help="do not begin functions anew when their code is saved",
    )
    parser.add_argument(
        "--containers",
        type=_count,
        default="4",
        metavar="N",
        help="how often one function may run at a time; default: %(default)s",
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
        help="on idle and longest connections and on schedules: 0.01 makes two hours 72 seconds",
    )
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        dest="faults",
        metavar="KIND=CHANCE[:MOST]",
        help="let something go wrong by chance, as post.throttle=0.1 or message.delay=0.5:2 (two "
        f"seconds at most); may be given several times; kinds: {', '.join(KINDS)}",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        help="of the faults' chances; the same seed, the same chances",
    )
    parser.add_argument(
        "--turn",
        action="store_true",
        default=environment.get("TURN") == "1",
        help="start coturn, and give it to the functions as TURN_URLS and TURN_SECRET; "
        "default: if TURN is 1",
    )
    parser.add_argument(
        "--inspect",
        action="store_true",
        help="serve a page that shows connections, invocations and frames",
    )
    parser.add_argument(
        "--control-port",
        type=_port,
        default="0",
        metavar="PORT",
        help="where a running emulator is controlled (GET, PUT, DELETE /faults); default: any free",
    )
    parser.add_argument(
        "--limit",
        type=_limit,
        action="append",
        default=[],
        dest="limits",
        metavar="NAME=VALUE",
        help="another limit than AWS's, in bytes or seconds: frame=1024, http_integration=2; "
        f"may be given several times; limits: {', '.join(LIMITS)}",
    )
    given = vars(parser.parse_args(arguments))
    pairs = {name: dict(given[name]) for name in ("parameters", "faults", "limits")}
    return Options(**{**given, **pairs})


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port (0 to {_LAST_PORT})")
    return int(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0
    if not 0 < scale < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no factor (a number above 0)")
    return scale


def _fault(text: str) -> tuple[str, Fault]:
    kind, _, fault = text.partition("=")
    try:
        return kind, read_fault(kind, fault)
    except UnknownFaultError as unknown:
        raise argparse.ArgumentTypeError(str(unknown)) from None


def _limit(text: str) -> tuple[str, int | timedelta]:
    try:
        return read_limit(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None
