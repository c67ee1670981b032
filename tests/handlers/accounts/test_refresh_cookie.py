"""A refresh token as a cookie that no script can read."""

import pytest

from tests.container import Answer, Container
from tests.handlers.accounts.client import AS_COOKIE, COOKIE, call, log_in, refresh, register


def cookie_of(answer: Answer) -> str:
    """The refresh cookie that an answer sets, with its attributes."""
    [cookie] = [one for one in answer.cookies if one.startswith(f"{COOKIE}=")]
    return cookie


def sent_back(cookie: str) -> str:
    """As a browser sends it."""
    return cookie.partition(";")[0]


def test_who_asks_for_a_cookie_gets_one_and_no_token_in_the_body(container: Container) -> None:
    for answer in (
        register(container, headers=AS_COOKIE),
        log_in(container, headers=AS_COOKIE),
    ):
        cookie = cookie_of(answer)
        assert answer.json["refreshToken"] is None
        assert sent_back(cookie).startswith(f"{COOKIE}=hr1.")
        assert {one.lower() for one in cookie.split("; ")[1:]} == {
            "httponly",
            "max-age=2592000",
            "path=/",
            "samesite=strict",
            "secure",
        }


def test_who_does_not_ask_gets_none(container: Container) -> None:
    answer = register(container)

    assert answer.json["refreshToken"]
    assert not any(one.startswith(COOKIE) for one in answer.cookies)


def test_the_cookie_is_traded_for_the_next(container: Container) -> None:
    cookie = cookie_of(register(container, headers=AS_COOKIE))

    answer = refresh(container, headers={**AS_COOKIE, "cookie": sent_back(cookie)})

    assert answer.status == 200
    assert answer.json["refreshToken"] is None
    assert sent_back(cookie_of(answer)) != sent_back(cookie)


def test_without_the_header_another_site_may_have_sent_it(container: Container) -> None:
    cookie = sent_back(cookie_of(register(container, headers=AS_COOKIE)))

    for module, target in (("refresh", "/v1/auth/refresh"), ("logout", "/v1/auth/logout")):
        token = log_in(container).json["accessToken"] if module == "logout" else None
        answer = call(container, module, "POST", target, headers={"cookie": cookie}, token=token)
        assert (answer.status, answer.json["type"]) == (403, "auth/forbidden")

    assert refresh(container, headers={**AS_COOKIE, "cookie": cookie}).status == 200


@pytest.mark.parametrize("value", ["", "garbage", "hr1.x.0.y.z", '"quoted"', "a" * 5000])
def test_a_cookie_that_is_no_token_is_refused(container: Container, value: str) -> None:
    answer = refresh(container, headers={**AS_COOKIE, "cookie": f"{COOKIE}={value}"})

    assert (answer.status, answer.json["type"]) == (401, "auth/invalid-token")


def test_signing_out_takes_the_cookie_back(container: Container) -> None:
    signed_in = register(container, headers=AS_COOKIE)
    headers = {**AS_COOKIE, "cookie": sent_back(cookie_of(signed_in))}

    answer = call(
        container,
        "logout",
        "POST",
        "/v1/auth/logout",
        headers=headers,
        token=signed_in.json["accessToken"],
    )

    assert answer.status == 204
    assert sent_back(cookie_of(answer)) in {f"{COOKIE}=", f'{COOKIE}=""'}
    assert "Max-Age=0" in cookie_of(answer)
    assert refresh(container, headers=headers).status == 401
