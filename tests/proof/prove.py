"""Prove it at large: `make prove ARGS="storm --people 12 --acts 200 --seed 7"`.

Each proof runs on an emulator and data stores of its own and has its history checked; if anything
is broken, the history is kept in a file. The suite runs the same proofs, small.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.emulator import running_emulator
from tests.proof import crowd, isolation, storm, tunnels
from tests.proof.check import check
from tests.proof.history import History

Proof = Callable[[argparse.Namespace, Path], tuple[History, list[str]]]
"""Its history, and what it promises beyond what the checker of histories knows, if broken."""


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _storm(asked: argparse.Namespace, folder: Path) -> tuple[History, list[str]]:
    """Everyone does anything, while frames and functions fail by chance."""
    with running_emulator(folder, variables=storm.CLIMATE, quiet=True) as emulator:
        url = emulator.shared["DATABASE_URL"]
        sizes = {"people": asked.people, "acts": asked.acts}
        return asyncio.run(storm.storm(emulator, url, asked.seed, **sizes)), []


def _crowd(asked: argparse.Namespace, folder: Path) -> tuple[History, list[str]]:
    """A big room in motion, while a worker is killed every second."""
    with running_emulator(folder, variables=crowd.CROWDED, quiet=True) as emulator:
        url = emulator.shared["DATABASE_URL"]
        sizes = {"people": asked.people, "seconds": asked.seconds}
        history, figures = asyncio.run(crowd.crowd(emulator, url, asked.seed, **sizes))
    for figure in figures:
        _say(figure)
    return history, []


def _cuts(asked: argparse.Namespace, folder: Path) -> tuple[History, list[str]]:
    """Connections are cut at random, for less and for more than the grace."""
    with running_emulator(folder, variables=tunnels.TUNNELS, quiet=True) as emulator:
        url = emulator.shared["DATABASE_URL"]
        sizes = {"people": asked.people, "each": asked.each}
        history, long = asyncio.run(tunnels.cuts(emulator, url, asked.seed, **sizes))
    lost = tunnels.lefts(history, "lost")
    told = f"{long} cuts were longer than the grace; {lost} stays ended as lost"
    _say(told)
    return history, [told] if lost != long else []


def _expiries(asked: argparse.Namespace, folder: Path) -> tuple[History, list[str]]:
    """Two hours, scaled down, several times over."""
    with running_emulator(folder, quiet=True, **tunnels.life(asked.scale)) as emulator:
        url = emulator.shared["DATABASE_URL"]
        sizes = {"people": asked.people, "times": asked.times}
        history = asyncio.run(tunnels.expiries(emulator, url, asked.seed, **sizes))
    left = sum(row["type"] == "participant.left" for row in history.journal)
    told = f"{asked.times} lives of {7200 * asked.scale:.0f} s; {left} people left"
    _say(told)
    return history, [told] if left else []


def _isolation(asked: argparse.Namespace, folder: Path) -> tuple[History, list[str]]:
    """One does not read, one is gone, one floods: how long the others' messages take."""
    # Limits as they are in production: it is they that keep a flood from the others.
    variables = {**isolation.CALM, "RATE_LIMIT_SCALE": "1"}
    with running_emulator(folder, variables=variables, quiet=True) as emulator:
        url = emulator.shared["DATABASE_URL"]
        sizes = {"people": asked.people, "messages": asked.messages}
        history, figures = asyncio.run(isolation.isolation(emulator, url, asked.seed, **sizes))
    for figure in figures:
        _say(figure)
    return history, []


PROOFS: dict[str, tuple[Proof, dict[str, Any]]] = {
    "storm": (_storm, {"people": 8, "acts": 100}),
    "crowd": (_crowd, {"people": 200, "seconds": 60.0}),
    "cuts": (_cuts, {"people": 100, "each": 20}),
    "isolation": (_isolation, {"people": 12, "messages": 100}),
    "expiries": (_expiries, {"people": 100, "times": 5, "scale": 0.01}),
}
"""By name: how it is run, and how large if nothing is said."""


def main(arguments: Sequence[str]) -> int:
    """Run one proof; 0 if nothing is broken."""
    parser = argparse.ArgumentParser(prog="make prove", description="Prove it at large.")
    proofs = parser.add_subparsers(dest="proof", required=True)
    for name, (proof, sizes) in PROOFS.items():
        one = proofs.add_parser(name, help=proof.__doc__)
        one.add_argument("--seed", type=int, default=int(time.time()))
        for size, usual in sizes.items():
            one.add_argument(f"--{size}", type=type(usual), default=usual)
    asked = parser.parse_args(arguments)
    _say(f"{asked.proof} --seed {asked.seed}")
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        history, broken = PROOFS[asked.proof][0](asked, Path(folder) / "emulator")
        took = time.monotonic() - began
        _say(f"{len(history.lines)} lines, {len(history.journal)} rows in {took:.1f} s")
        found = [*broken, *map(str, check(history))]
        for violation in found:
            _say(f"  {violation}")
        if found:
            kept = Path(tempfile.gettempdir()) / f"{asked.proof}-{asked.seed}.jsonl"
            history.write(kept)
            _say(f"{len(found)} violations; the history is in {kept}")
        else:
            _say("nothing is broken")
    return int(bool(found))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
