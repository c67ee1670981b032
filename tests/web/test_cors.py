"""Which pages of other origins may call."""

import pytest

from tests.container import Answer, Container
from tests.gateway_events import http_event

APP = "https://app.hub.example"
LOCAL = "http://localhost:5173"


@pytest.fixture
def served(environment: pytest.MonkeyPatch, container: Container) -> Container:
    """A container that serves pages of two origins."""
    environment.setenv("CORS_ORIGIN", f"{APP},{LOCAL}")
    return container


def call(container: Container, origin: str | None) -> Answer:
    headers = {} if origin is None else {"origin": origin}
    return container.http("handlers.accounts.me", http_event("GET", "/v1/auth/me", headers=headers))


def ask(container: Container, origin: str | None, method: str | None = "POST") -> Answer:
    """A preflight, as a browser sends it."""
    given = {"origin": origin, "access-control-request-method": method}
    headers = {name: value for name, value in given.items() if value is not None}
    headers["access-control-request-headers"] = "authorization,content-type,x-hub-refresh"
    event = http_event("OPTIONS", "/v1/auth/refresh", headers=headers)
    return container.http("handlers.cors.preflight", event)


def cors_headers(answer: Answer) -> dict[str, str]:
    return {k: v for k, v in answer.headers.items() if k.startswith("access-control-")}


@pytest.mark.parametrize("origin", [APP, LOCAL])
def test_a_page_of_ours_may_read_the_answer(served: Container, origin: str) -> None:
    answer = call(served, origin)

    assert answer.status == 401  # also a problem can be read
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "RateLimit" in answer.headers["access-control-expose-headers"]
    assert answer.headers["vary"] == "Origin"


HOSTILE = [
    "null",
    "",
    "*",
    "https://app.hub.example.evil",
    "https://evil-app.hub.example",
    "https://evil.example#https://app.hub.example",
    "https://app.hub.example@evil.example",
    "http://app.hub.example",
    "https://app.hub.example.",
    "https://app.hub.example/",
    "https://app.hub.example:443",
    "https://app.hub.example:8443",
    "https://APP.hub.example",
    "https://hub.example",
    " https://app.hub.example",
    "https://app.hub.example, https://evil.example",
    "http://localhost",
    "http://localhost:51730",
    "http://127.0.0.1:5173",
    "https://localhost:5173",
    "file://",
]


@pytest.mark.parametrize("origin", HOSTILE)
def test_no_other_page_may(served: Container, origin: str) -> None:
    for answer in (call(served, origin), ask(served, origin)):
        assert cors_headers(answer) == {}
        assert answer.headers["vary"] == "Origin"


def test_without_an_origin_caches_still_know_that_it_matters(served: Container) -> None:
    answer = call(served, None)

    assert cors_headers(answer) == {}
    assert answer.headers["vary"] == "Origin"


def test_a_preflight_is_answered_for_all_that_routes_take(served: Container) -> None:
    answer = ask(served, APP)

    assert (answer.status, answer.text) == (204, "")
    assert answer.headers["access-control-allow-origin"] == APP
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-max-age"] == "7200"
    allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "content-type", "idempotency-key", "if-match"} <= set(allowed)
    assert "x-hub-refresh" in allowed
    assert {"GET", "POST", "PATCH", "DELETE"} == set(
        answer.headers["access-control-allow-methods"].split(", ")
    )


@pytest.mark.parametrize("method", [None, "TRACE", "PUT", "post"])
def test_a_method_that_no_route_has_is_not_allowed(served: Container, method: str | None) -> None:
    assert "access-control-allow-methods" not in ask(served, APP, method).headers


def test_where_no_origin_is_set_none_is_allowed(container: Container) -> None:
    assert cors_headers(call(container, APP)) == {}
