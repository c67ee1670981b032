"""The inspector: what happened is kept, found again, and shown without secrets."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from local.gateway.observer import Closed, Frame, Invocation, Opened, Struck
from local.inspect.masking import masked
from local.inspect.recorder import CALLS, Recorder
from local.lambdas.invocation import Outcome
from tests.emulator import Emulator, running_emulator
from tests.local.conftest import TEMPLATE


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"roomToken":"abc"}', '{"roomToken":"•••"}'),
        ('{"password": "a\\"b", "name": "x"}', '{"password":"•••","name":"x"}'),
        ('{"deep": [{"clientSecret": "a"}]}', '{"deep":[{"clientSecret":"•••"}]}'),
        ('log: {"password": "a\\"b", "name": "x"}', 'log: {"password": "•••", "name": "x"}'),
        ('{"token": "cut o', '{"token": "•••"'),
        ('{"Authorization":"Bearer x","a":1}', '{"Authorization":"•••","a":1}'),
        ('{"body":"{\\"refresh_token\\":\\"r\\",\\"b\\":1}"}', None),
        ('{"token": 7,  "kept": "as it is"}', '{"token": 7,  "kept": "as it is"}'),
        ('{"cookies":["a=b"]}', '{"cookies":["•••"]}'),
        ('{"text":"my password is long"}', '{"text":"my password is long"}'),
    ],
)
def test_values_of_secrets_are_hidden(text: str, shown: str | None) -> None:
    hidden = masked(text)

    if shown is None:
        assert json.loads(json.loads(hidden)["body"]) == {"refresh_token": "•••", "b": 1}
    else:
        assert hidden == shown


async def test_what_came_since_is_told_in_order() -> None:
    recorder = Recorder(clock=lambda: 7.0)
    recorder.observe(Opened("c1", "127.0.0.1"))
    recorder.observe(Frame("in", "c1", '{"type":"hello","token":"x"}'))
    first = await recorder.since(0, wait=0)
    recorder.observe(Struck("post.gone", 3, 9, 0.0, "c1"))
    recorder.observe(Closed("c1", 1005, "gone"))

    then = await recorder.since(first["cursor"], wait=0)

    assert first["connections"] == [{"id": "c1", "since": 7.0}]
    assert [each["kind"] for each in first["entries"]] == ["opened", "frame"]
    assert first["entries"][1]["text"] == '{"type":"hello","token":"•••"}'
    assert [each["kind"] for each in then["entries"]] == ["fault", "closed"]
    assert then["connections"] == []


async def test_an_invocation_is_found_with_its_event_and_result() -> None:
    recorder = Recorder()
    event = {"requestContext": {"requestId": "r1"}, "headers": {"authorization": "Bearer x"}}
    outcome = Outcome("aws1", b'{"statusCode":200}', None, cold=True, duration=timedelta(seconds=1))
    recorder.invoked("F", event, outcome)
    recorder.observe(Invocation("GET /x", "F", 200, 1.0, cold=True, request_id="r1"))

    call = recorder.call("F", "r1")

    assert call
    assert json.loads(call["event"])["headers"] == {"authorization": "•••"}
    assert (call["result"], call["awsRequestId"]) == ('{"statusCode":200}', "aws1")
    assert recorder.call("G", "r1") is None


def test_only_the_last_invocations_are_kept() -> None:
    recorder = Recorder()
    outcome = Outcome("x", b"null", None, cold=False, duration=timedelta())
    for number in range(CALLS + 1):
        recorder.invoked("F", {"requestContext": {"requestId": str(number)}}, outcome)

    assert recorder.call("F", "0") is None
    assert recorder.call("F", "1")


# the page


@pytest.fixture(scope="module")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder: Path = tmp_path_factory.mktemp("inspected") / "data"
    with running_emulator(folder, flags=["--template", TEMPLATE, "--inspect"]) as emulator:
        yield emulator


def entries(emulator: Emulator, kind: str) -> list[dict[str, Any]]:
    """All entries of a kind, as soon as there is one."""
    cursor = 0
    found: list[dict[str, Any]] = []
    while not found:
        told = httpx.get(
            f"{emulator.control_url}/inspect/entries", params={"after": cursor}, timeout=30
        ).json()
        cursor = told["cursor"]
        found = [each for each in told["entries"] if each["kind"] == kind]
    return found


def test_a_request_can_be_looked_into(inspected: Emulator) -> None:
    httpx.post(f"{inspected.url}/echo/x", content="hello")

    entry = next(
        each for each in entries(inspected, "invocation") if each["route"].startswith("ANY /echo")
    )
    call = httpx.get(
        f"{inspected.control_url}/inspect/calls/{entry['function']}:{entry['request']}"
    ).json()

    assert (entry["route"], entry["status"]) == ("ANY /echo/{proxy+}", 200)
    assert json.loads(call["event"])["body"] == "hello"
    assert json.loads(call["result"])["body"] == "hello"


def test_frames_and_posts_are_seen(inspected: Emulator) -> None:
    with connect(inspected.socket_url) as client:
        client.send("{}")
        own = client.recv(20)

        sent = [each for each in entries(inspected, "frame") if each["direction"] == "out"]
    posts = entries(inspected, "post")
    assert [each["text"] for each in sent] == [own]
    assert posts[-1]["connection"] == own


def test_the_page_needs_nothing_from_elsewhere(inspected: Emulator) -> None:
    page = httpx.get(inspected.control_url)

    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http://" not in page.text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page.text


def test_without_the_flag_there_is_no_page(example: Emulator) -> None:
    assert httpx.get(example.control_url).status_code == 404
