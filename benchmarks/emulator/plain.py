"""A plain `websockets` server: echoes; `all 3 text` says the text three times to all others."""

import asyncio
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed


async def main() -> None:
    """Serve on any free port, told on standard output, until killed."""
    everybody: set[ServerConnection] = set()

    async def handle(connection: ServerConnection) -> None:
        everybody.add(connection)
        try:
            async for message in connection:
                if isinstance(message, str) and message.startswith("all "):
                    times, text = message[4:].split(" ", 1)
                    for _ in range(int(times)):
                        broadcast(everybody - {connection}, text)
                        await asyncio.sleep(0)
                else:
                    await connection.send(message)
        except ConnectionClosed:
            pass
        finally:
            everybody.discard(connection)

    async with serve(handle, "127.0.0.1", 0) as server:
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
