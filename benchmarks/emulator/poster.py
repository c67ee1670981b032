"""Posts to many connections in a process of its own: the product's poster, or boto3.

Reads `{"endpoint", "ids", "rounds", "text"}` from standard input; answers with the seconds of wall
clock and of CPU for the rounds after a first one that warms up.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Round = Callable[[], object]
THREADS = 8


def own(order: dict[str, Any]) -> dict[str, float]:
    """The product's poster: kept-alive connections, a key for the day, one loop."""
    from hub_core.adapters.gateway import Delivery, ManagementApi, Patience  # noqa: PLC0415 - theirs

    async def work() -> dict[str, float]:
        patience = Patience(connect=5, answer=5, throttled=5, call=60)
        poster = ManagementApi(order["endpoint"], "us-east-1", patience=patience)
        frame = order["text"].encode()

        async def one_round() -> None:
            settled = await poster.broadcast(order["ids"], frame)
            assert set(settled.values()) == {Delivery.DELIVERED}

        await one_round()
        began, cpu = time.perf_counter(), time.process_time()
        for _ in range(order["rounds"]):
            await one_round()
        spent = {
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - cpu,
        }
        await poster.aclose()
        return spent

    return asyncio.run(work())


def boto3_in_turn(order: dict[str, Any]) -> dict[str, float]:
    """boto3 as most handlers use it: one post after the other."""
    post = _boto3_post(order)
    return _timed(lambda: [post(each) for each in order["ids"]], order["rounds"])


def boto3_in_threads(order: dict[str, Any]) -> dict[str, float]:
    """boto3 in eight threads."""
    post = _boto3_post(order)
    with ThreadPoolExecutor(THREADS) as pool:
        return _timed(lambda: list(pool.map(post, order["ids"])), order["rounds"])


def _boto3_post(order: dict[str, Any]) -> Callable[[str], None]:
    import boto3  # noqa: PLC0415 - theirs
    from botocore.config import Config  # noqa: PLC0415 - theirs

    config = Config(max_pool_connections=THREADS)
    client = boto3.client("apigatewaymanagementapi", endpoint_url=order["endpoint"], config=config)

    def post(connection_id: str) -> None:
        client.post_to_connection(ConnectionId=connection_id, Data=order["text"])

    return post


def _timed(one_round: Round, rounds: int) -> dict[str, float]:
    one_round()
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(rounds):
        one_round()
    return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}


if __name__ == "__main__":
    kinds = {"own": own, "boto3": boto3_in_turn, "boto3-threads": boto3_in_threads}
    sys.stdout.write(json.dumps(kinds[sys.argv[1]](json.load(sys.stdin))))
