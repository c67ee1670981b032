"""Whether the service lives, and whether a meeting could be held."""

import pytest

from tests.container import Container
from tests.gateway_events import http_event


def test_ready_when_both_stores_answer(container: Container) -> None:
    answer = container.http("handlers.health.ready", http_event("GET", "/health/ready"))

    assert (answer.status, answer.json) == (200, {"status": "ready"})


def test_not_ready_names_what_is_down(
    environment: pytest.MonkeyPatch, container: Container
) -> None:
    environment.setenv("REDIS_URL", "redis://127.0.0.1:9/0")

    answer = container.http("handlers.health.ready", http_event("GET", "/health/ready"))

    assert answer.status == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "1"
    assert answer.json["type"] == "server/unavailable"
    assert answer.json["detail"] == "Redis does not answer."


def test_live_asks_nobody(environment: pytest.MonkeyPatch, container: Container) -> None:
    environment.setenv("DATABASE_URL", "postgresql://127.0.0.1:9/none")

    answer = container.http("handlers.health.live", http_event("GET", "/health/live"))

    assert (answer.status, answer.json) == (200, {"status": "live"})
