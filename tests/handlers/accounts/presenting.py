"""A process of its own in which many containers present one refresh token at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.container import Answer, Container
from tests.handlers.accounts.client import refresh, until_served


def present(token: str, times: int, workers: int) -> list[tuple[int, str]]:
    """Status and refresh token (or problem) of every answer; the environment is the caller's."""
    crowd = [Container() for _ in range(workers)]
    together = threading.Barrier(workers)

    def one(worker: int) -> list[Answer]:
        refresh(crowd[worker], "warm")  # imports and connections are no part of the race
        together.wait()
        trade = partial(refresh, crowd[worker], token)
        return [until_served(trade) for _ in range(times // workers)]

    with ThreadPoolExecutor(workers) as pool:
        answers = [answer for part in pool.map(one, range(workers)) for answer in part]
    for container in crowd:
        container.close()
    return [
        (answer.status, answer.json.get("refreshToken") or answer.json["type"])
        for answer in answers
    ]
