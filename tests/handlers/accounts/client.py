"""What a client of the accounts does, one function for each route."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.container import Answer, Container
from tests.gateway_events import http_event

ADA: Mapping[str, str] = {
    "email": "Ada@Example.com",
    "password": "correct horse",
    "displayName": "Ada",
}
COOKIE = "__Host-hub_rt"
AS_COOKIE = {"x-hub-refresh": "1"}


def call(container: Container, module: str, method: str, target: str, **event: Any) -> Answer:
    """Any route of the accounts."""
    return container.http(f"handlers.accounts.{module}", http_event(method, target, **event))


def register(
    container: Container,
    *,
    source_ip: str = "192.0.2.1",
    headers: Mapping[str, str] | None = None,
    **changes: Any,
) -> Answer:
    """Ada opens an account, or somebody else does."""
    body = {**ADA, **changes}
    given = {"source_ip": source_ip, "headers": headers}
    return call(container, "register", "POST", "/v1/auth/register", body=body, **given)


def log_in(
    container: Container,
    *,
    source_ip: str = "192.0.2.1",
    headers: Mapping[str, str] | None = None,
    **changes: Any,
) -> Answer:
    """Ada signs in, or somebody else does."""
    body = {"email": ADA["email"], "password": ADA["password"], **changes}
    given = {"source_ip": source_ip, "headers": headers}
    return call(container, "login", "POST", "/v1/auth/login", body=body, **given)


def me(container: Container, token: str | None) -> Answer:
    """Whose token is it?"""
    return call(container, "me", "GET", "/v1/auth/me", token=token)


def refresh(
    container: Container, token: str | None = None, *, headers: Mapping[str, str] | None = None
) -> Answer:
    """Trade a refresh token, in the body."""
    body = None if token is None else {"refreshToken": token}
    return call(container, "refresh", "POST", "/v1/auth/refresh", body=body, headers=headers)


def log_out(container: Container, token: str, **body: Any) -> Answer:
    """Sign out."""
    return call(container, "logout", "POST", "/v1/auth/logout", token=token, body=body or None)


def sessions(container: Container, token: str) -> Answer:
    """Where am I signed in?"""
    return call(container, "sessions", "GET", "/v1/auth/sessions", token=token)


def end_session(container: Container, token: str, session_id: str) -> Answer:
    """Sign out over there."""
    target = f"/v1/auth/sessions/{session_id}"
    return call(container, "end_session", "DELETE", target, token=token)


def end_other_sessions(container: Container, token: str) -> Answer:
    """Sign out everywhere else."""
    return call(container, "end_other_sessions", "DELETE", "/v1/auth/sessions", token=token)


def change_password(container: Container, token: str, current: str, new: str) -> Answer:
    """Choose another password."""
    body = {"currentPassword": current, "newPassword": new}
    return call(container, "password", "POST", "/v1/auth/password", token=token, body=body)


def alike(answer: Answer) -> tuple[Any, ...]:
    """All of an answer but the number of its request."""
    body = {key: value for key, value in answer.json.items() if key != "instance"}
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return answer.status, headers, answer.cookies, body


def google(container: Container, token: str, **body: Any) -> Answer:
    """Sign in with an id token."""
    return call(
        container,
        "google",
        "POST",
        "/v1/auth/oauth/google",
        body={"idToken": token, **body},
    )


def outcome(answer: Answer) -> tuple[int, str | None]:
    """Status, and type of the problem if it is one."""
    return answer.status, answer.json.get("type") if answer.text else None


def is_unavailable(answer: Answer) -> bool:
    """A problem that says when to come back."""
    return (
        (answer.status, answer.json["type"]) == (503, "server/unavailable")
        and int(answer.headers["retry-after"]) >= 1
        and answer.json["retryAfterMs"] > 0
    )


def until_served(call: Callable[[], Answer]) -> Answer:
    """Ask again for as long as a client would; it is never told anything worse than to wait."""
    for _ in range(200):
        answer = call()
        if answer.status != 503:
            return answer
        assert is_unavailable(answer)
    raise AssertionError("not served in two hundred tries")
