"""Forged access tokens at the door: all are refused in the same words, and none is a defect."""

import jwt
import pytest

from hub_core.adapters.settings import settings
from hub_core.adapters.tokens import AccessClaims, access_tokens
from hub_core.kernel.clock import utc_now
from hub_core.kernel.ids import UserId, new_id
from tests.container import Container
from tests.forgeries import Genuine, forgeries, hs
from tests.gateway_events import http_event
from tests.handlers.accounts.client import log_in, me, refresh, register


def test_every_forgery_is_an_invalid_token(container: Container, migrated: str) -> None:
    signed_in = register(container).json
    token = signed_in["accessToken"]
    secret = settings().jwt_access_secret[0].secret.get_secret_value()
    claims = jwt.decode(token, options={"verify_signature": False})
    genuine = Genuine(jwt.get_unverified_header(token), claims, hs(secret), "HS256")
    corpus = forgeries(
        genuine, public_key=settings().room_token_secret[0].secret.get_secret_value()
    )
    assert me(container, genuine.token).status == 200

    answers = {what: me(container, forged) for what, forged in corpus.items() if forged}

    assert len(answers) >= 60
    assert {what: (a.status, a.json["type"]) for what, a in answers.items()} == dict.fromkeys(
        answers, (401, "auth/invalid-token")
    )
    assert {answer.headers["www-authenticate"] for answer in answers.values()} == {
        'Bearer error="invalid_token"'
    }


def test_no_token_and_one_that_did_not_come_as_bearer_are_told_no_more_than_how(
    container: Container,
) -> None:
    answers = [
        me(container, None),
        log_in(container, email="nobody@example.com"),
        refresh(container, "made up"),
    ]

    assert [answer.status for answer in answers] == [401] * 3
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}


@pytest.mark.parametrize("scheme", ["Basic", "bearer ", "Bearer", "Token", ""])
def test_what_is_no_bearer_token_is_no_credential(container: Container, scheme: str) -> None:
    """But a wrong one never counts for less than none."""
    event = http_event("GET", "/v1/auth/me", headers={"authorization": f"{scheme} x".strip()})
    answer = container.http("handlers.accounts.me", event)

    assert answer.status == 401
    assert answer.json["type"] in {"auth/unauthorized", "auth/invalid-token"}


def test_a_token_of_nobody_is_invalid(container: Container) -> None:
    stranger = AccessClaims(sub=UserId(new_id()), sid=new_id())

    answer = me(container, access_tokens(settings(), utc_now, new_id).mint(stranger))

    assert (answer.status, answer.json["type"]) == (401, "auth/invalid-token")
