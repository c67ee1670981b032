"""`make bench-emulator`: 500 idle connections, broadcasts, echoes; ratios of one run."""

import argparse
import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import uvloop

from benchmarks.emulator.clients import Counter, Listener, http_ask, listeners, rate

ROOT = Path(__file__).parents[2]
IDLE = 500
ROUNDS = {10: 200, 100: 40, 500: 12}
TRIES = 3
"""Of each broadcast, in turn; the best counts, as other work on the machine only ever slows."""
SIDE_BY_SIDE = 4
"""Askers at a time: as many as a function has containers."""
POSTERS = {"own": 1, "boto3": 5, "boto3-threads": 5}
"""Who posts, and by how much fewer rounds."""
TEXT = '{"type":"chat.message","seq":12,"payload":{"text":"Good morning, everybody"}}'
FRAME = 2 + len(TEXT)
LEAST_RATIO, MOST_KB = 10.0, 25.0


@dataclass(frozen=True)
class Server:
    """A server under measurement."""

    process: psutil.Process
    port: int
    path: str
    variables: Mapping[str, str]

    def busy(self) -> float:
        """Seconds of CPU so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def resident(self) -> int:
        """Bytes of memory of the one process."""
        return int(self.process.memory_info().rss)


@contextmanager
def emulator() -> Iterator[Server]:
    """`python -m local` with limits out of the way."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        command = [
            *(sys.executable, "-m", "local", "--port", "0", "--data", str(data), "--no-reload"),
            *("--template", str(Path(__file__).with_name("template.yaml"))),
            *("--limit", "requests_per_second=10000000", "--limit", "requests_at_once=10000000"),
            *("--limit", "connects_per_second=100000"),
        ]
        with running(command) as process:
            assert process.stdout
            while not process.stdout.readline().startswith("Ready after"):
                assert process.poll() is None, "the emulator did not start"
            about = json.loads((data / "emulator.json").read_text())
            lines = (data / "services.env").read_text().splitlines()
            port = int(about["url"].rpartition(":")[2])
            variables = dict(line.split("=", 1) for line in lines)
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield Server(psutil.Process(process.pid), port, "/ws", variables)


@contextmanager
def plain() -> Iterator[Server]:
    """A plain `websockets` server."""
    with running([sys.executable, "-m", "benchmarks.emulator.plain"]) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        yield Server(psutil.Process(process.pid), port, "/", {})


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A process, ended at the end."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@asynccontextmanager
async def idle(server: Server) -> AsyncIterator[tuple[list[Listener], Counter, float]]:
    """500 open sockets, and the memory in KB that each costs the server."""
    warm, _ = await listeners(20, server.port, server.path)
    before = server.resident()
    found, counter = await listeners(IDLE, server.port, server.path)
    await asyncio.sleep(0.5)
    kilobytes = (server.resident() - before) / IDLE / 1024
    yield found, counter, kilobytes
    for listener in (*found, *warm):
        listener.close()


async def post(kind: str, server: Server, ids: list[str], rounds: int) -> dict[str, float]:
    """Let a poster process post; its seconds."""
    order = {
        "endpoint": f"http://127.0.0.1:{server.port}/live",
        "ids": ids,
        "rounds": rounds,
        "text": TEXT,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.emulator.poster", kind),
        cwd=ROOT,
        env={**os.environ, **server.variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    out, _ = await process.communicate(json.dumps(order).encode())
    spent: dict[str, float] = json.loads(out)
    return spent


async def emulated(report: "Report") -> None:
    """Measure the emulator."""
    with emulator() as server:
        async with idle(server) as (found, counter, kilobytes):
            report.kilobytes["emulator"] = kilobytes
            ids = [(await listener.ask(b"{}")).decode() for listener in found]
            for count, rounds in ROUNDS.items():
                for kind, share in (*POSTERS.items(),) * TRIES:
                    times = max(2, rounds // share)
                    counter.expect((times + 1) * count * FRAME)
                    before = server.busy()
                    spent = await post(kind, server, ids[:count], times)
                    await counter.all()
                    report.delivered(kind, count, times * count / spent["seconds"])
                    busy = (server.busy() - before) / (times + 1) + spent["cpu"] / times
                    report.cost(kind, count, busy / count * 1e6)
            asks = [partial(each.ask, b"{}") for each in found[:SIDE_BY_SIDE]]
            report.echo["emulator: message, function, answer"] = await rate(asks, 3)
        calls = [await http_ask(server.port) for _ in range(SIDE_BY_SIDE)]
        await rate([ask for ask, _ in calls], 0.5)
        report.echo["emulator: HTTP, function, answer"] = await rate([ask for ask, _ in calls], 3)
        for _, close in calls:
            close()


async def plainly(report: "Report") -> None:
    """Measure the plain server."""
    with plain() as server:
        async with idle(server) as (found, _, kilobytes):
            report.kilobytes["plain websockets"] = kilobytes
            asks = [partial(each.ask, b"{}") for each in found[:SIDE_BY_SIDE]]
            report.echo["plain websockets: echo"] = await rate(asks, 3)
        for count, rounds in ROUNDS.items():
            found, counter = await listeners(count, server.port, server.path)
            (teller,), _ = await listeners(1, server.port, server.path)
            for times in (2, *[rounds] * TRIES):
                counter.expect(times * count * FRAME)
                began = time.perf_counter()
                teller.say(f"all {times} {TEXT}".encode())
                await counter.all()
                report.delivered("plain", count, times * count / (time.perf_counter() - began))
            for listener in (*found, teller):
                listener.close()


class Report:
    """Figures, and how they stand to each other."""

    def __init__(self) -> None:
        self.kilobytes: dict[str, float] = {}
        self.deliveries: dict[tuple[str, int], float] = {}
        self.microseconds: dict[tuple[str, int], float] = {}
        self.echo: dict[str, dict[str, float]] = {}

    def delivered(self, kind: str, count: int, rate: float) -> None:
        """Take note of a try; the best counts."""
        self.deliveries[kind, count] = max(rate, self.deliveries.get((kind, count), 0))

    def cost(self, kind: str, count: int, microseconds: float) -> None:
        """CPU of poster and emulator for one delivery; the best counts here too."""
        known = self.microseconds.get((kind, count), microseconds)
        self.microseconds[kind, count] = min(microseconds, known)

    def lines(self) -> Iterator[str]:
        """A table in Markdown."""
        yield (
            f"| deliveries a second, {len(TEXT)} bytes, to … | "
            + " | ".join(map(str, ROUNDS))
            + " |"
        )
        yield "|---|" + "---:|" * len(ROUNDS)
        names = {
            "boto3": "emulator, posts by boto3, one after the other",
            "boto3-threads": "emulator, posts by boto3, in eight threads",
            "own": "emulator, posts by the product's poster",
            "plain": "plain websockets, in one process",
        }
        for kind, name in names.items():
            figures = (f"{self.deliveries[kind, count]:,.0f}" for count in ROUNDS)
            yield f"| {name} | " + " | ".join(figures) + " |"
        ratios = (f"{self.ratio(count):.1f} ×" for count in ROUNDS)
        yield "| product's poster to boto3 | " + " | ".join(ratios) + " |"
        shares = (
            f"{self.deliveries['own', count] / self.deliveries['plain', count]:.2f} ×"
            for count in ROUNDS
        )
        yield "| product's poster to plain websockets | " + " | ".join(shares) + " |"
        for kind in POSTERS:
            spent = (f"{self.microseconds[kind, count]:,.0f}" for count in ROUNDS)
            yield f"| CPU µs a delivery, poster and emulator: {kind} | {' | '.join(spent)} |"
        cheaper = (
            f"{self.microseconds['boto3', count] / self.microseconds['own', count]:.1f} ×"
            for count in ROUNDS
        )
        yield f"| CPU of boto3 to that of the product's poster | {' | '.join(cheaper)} |"
        yield ""
        yield f"| {SIDE_BY_SIDE} side by side | a second | p50 ms | p99 ms |"
        yield "|---|---:|---:|---:|"
        for name, told in self.echo.items():
            yield f"| {name} | {told['rate']:,.0f} | {told['p50']:.2f} | {told['p99']:.2f} |"
        yield ""
        yield f"| memory of one of {IDLE} idle connections | KB |"
        yield "|---|---:|"
        for name, kilobytes in self.kilobytes.items():
            yield f"| {name} | {kilobytes:.1f} |"

    def ratio(self, count: int) -> float:
        """How much more is delivered than boto3 delivers."""
        return self.deliveries["own", count] / self.deliveries["boto3", count]

    def misses(self) -> Iterator[str]:
        """What is not as good as it should be."""
        for count in ROUNDS:
            if self.ratio(count) < LEAST_RATIO:
                yield f"to {count}: {self.ratio(count):.1f} × boto3, not {LEAST_RATIO:g}"
        if self.kilobytes["emulator"] > MOST_KB:
            yield f"an idle connection costs {self.kilobytes['emulator']:.1f} KB, not {MOST_KB:g}"


async def main() -> int:
    """Measure, print, judge; the answer is the exit code."""
    report = Report()
    gc.freeze()
    await plainly(report)
    await emulated(report)
    busy = f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} (2 or less is quiet)"
    sys.stdout.write("\n".join([busy, "", *report.lines()]) + "\n")
    misses = list(report.misses())
    sys.stdout.write("".join(f"\nMissed: {miss}." for miss in misses) + "\n")
    return 1 if misses else 0


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m benchmarks.emulator", description=__doc__).parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main()))
