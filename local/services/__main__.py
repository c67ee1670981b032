"""`python -m local.services`: the data stores alone, for a test run or a look around.

Prints one line of JSON when both answer, `{"database_url", "redis_url"}`, and runs until SIGTERM,
SIGINT or the end of its standard input: who started it need only let go.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from local.services.embedded import embedded_services
from local.services.errors import ServiceError


async def run(folder: Path, *, durable: bool) -> None:
    """Serve until told to end."""
    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end.set)
    async with embedded_services(folder, durable=durable) as endpoints:
        sys.stdout.write(json.dumps(asdict(endpoints)) + "\n")
        sys.stdout.flush()
        watch = asyncio.ensure_future(_end_of_stdin())
        watch.add_done_callback(lambda _: end.set())
        await end.wait()
        watch.cancel()


async def _end_of_stdin() -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while await reader.read(1024):
        pass


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m local.services", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("HUB_DATA", ".hub")))
    parser.add_argument(
        "--forgetful",
        action="store_true",
        help="do not wait for the disk: faster, and gone after a power cut",
    )
    arguments = parser.parse_args()
    try:
        asyncio.run(run(arguments.data, durable=not arguments.forgetful))
    except ServiceError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
