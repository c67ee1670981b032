"""What the Python client promises whoever uses it outside tests."""

import asyncio
from typing import Any

import httpx
import pytest

from local.client import ConnectionLost, Frame, HubClient, Refused
from tests.client.conftest import Person
from tests.client.test_client import together


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


async def test_who_is_closed_leaves_nobody_waiting(person: Person) -> None:
    ada, bob = await person("Ada"), await person("Bob", recovers=True)
    await together(ada, bob)
    bob.ignores = lambda frame: frame.type == "ack"

    asking = asyncio.create_task(bob.request("hand.raise"))
    await ada.heard("hand.changed")
    await bob.close()

    with pytest.raises(ConnectionLost):
        await asking


async def test_who_recovers_gives_signs_of_life(person: Person) -> None:
    ada = await person("Ada", recovers=True, pulse=0.01)
    ponged = asyncio.Event()

    def note(frame: Frame) -> bool:
        if frame.type == "pong":
            ponged.set()
        return False

    ada.ignores = note
    await together(ada)

    await ponged.wait()


async def test_a_dead_line_is_left_for_another(person: Person) -> None:
    ada = await person("Ada", recovers=True, pulse=0.01, pong=0.5)
    await together(ada)
    first = ada.wire
    # Nothing comes any more, and nobody says so.
    ada.ignores = lambda frame: frame.type == "pong" and ada.wire is first

    await ada.heard("(closed)", code=1006)
    raised = await ada.request("hand.raise")

    assert raised.type == "ack"
    assert ada.wire is not first


@pytest.mark.parametrize(
    ("kind", "status", "final"),
    [
        ("room/session-expired", 410, True),
        ("meeting/forbidden", 403, True),
        ("server/unavailable", 503, False),
        ("request/rate-limited", 429, False),
    ],
)
def test_only_what_may_pass_is_tried_again(kind: str, status: int, *, final: bool) -> None:
    said: dict[str, Any] = Frame.of({"type": "error", "payload": {"type": kind}}).payload

    assert Refused({**said, "status": status}).is_final == final
