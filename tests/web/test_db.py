"""The transaction that a route asks for."""

from tests.container import Container
from tests.gateway_events import http_event


def test_a_commit_that_fails_is_no_success(container: Container) -> None:
    answer = container.http("tests.web.failing", http_event("POST", "/v1/things"))

    assert answer.status == 500
    assert answer.json["type"] == "server/internal-error"
