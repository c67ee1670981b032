"""What the Python client promises whoever uses it outside tests."""

import httpx
import pytest

from local.client import HubClient, Refused


def answering(client: HubClient, *answers: httpx.Response) -> None:
    """Let an API say this, one after the other."""
    told = iter(answers)
    client.rest._http = httpx.AsyncClient(
        base_url="http://hub", transport=httpx.MockTransport(lambda _: next(told))
    )


def problem(status: int, kind: str) -> httpx.Response:
    """A refusal."""
    return httpx.Response(status, json={"type": kind, "title": "No", "status": status})


@pytest.mark.parametrize(
    ("refusal", "signed_in"),
    [
        (problem(503, "server/unavailable"), True),
        (problem(429, "request/rate-limited"), True),
        (httpx.Response(502, text="Bad gateway"), True),
        (problem(401, "auth/invalid-token"), False),
    ],
    ids=["busy", "too fast", "gateway", "over"],
)
async def test_only_a_login_that_is_over_is_forgotten(
    refusal: httpx.Response, *, signed_in: bool
) -> None:
    async with HubClient("http://hub") as ada:
        ada.rest.tokens = {"accessToken": "a", "refreshToken": "r"}
        answering(ada, refusal)

        with pytest.raises(Refused):
            await ada.rest.renew()

        assert (ada.rest.tokens is not None) == signed_in


async def test_a_refusal_that_is_no_json_is_raised_as_one() -> None:
    async with HubClient("http://hub") as ada:
        ada.rest.tokens = {"accessToken": "a", "refreshToken": "r"}
        answering(ada, httpx.Response(401, text="<html>"))

        with pytest.raises(Refused) as refused:
            await ada.rest.call("GET", "/v1/auth/me")

        assert refused.value.status == 401
