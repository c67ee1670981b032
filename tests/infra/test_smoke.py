"""The questions to a deployed stack, asked to one that runs here."""

import asyncio

import pytest

from infra.smoke import main
from tests.adapters.listener import Asked, listening, response
from tests.emulator import Emulator


@pytest.fixture
def management(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where to post to connections, with credentials that may."""
    for name, value in emulator.shared.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value.strip("'"))
    return f"{emulator.url}/live"


def test_a_stack_that_works_answers_every_question(
    emulator: Emulator, management: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main([emulator.url, emulator.socket_url, management])

    told = capsys.readouterr()
    assert (code, told.err) == (0, "")
    assert told.out.splitlines() == [
        "GET /health/live: 200",
        "GET /health/ready: 200",
        "GET /docs: 200",
        "GET /swagger/json: 200",
        "GET /asyncapi.json: 200",
        "GET /v1/auth/me: 401",
        "connected",
        "ping: pong",
        "room.leave: error",
        "a post to nobody: gone",
    ]


async def test_a_stack_that_is_not_ready_is_found_unwell(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def answer(asked: Asked) -> bytes:
        alive = asked.target == "/live/health/live"
        return response(200 if alive else 503, "content-type: application/json\r\n", "{}")

    async with listening(answer) as unwell:
        code = await asyncio.to_thread(main, [unwell.url, "ws://127.0.0.1:9"])

    assert code == 1
    assert "GET /health/ready: 503" in capsys.readouterr().err


async def test_an_address_where_nobody_is_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    async with listening() as gone:
        pass

    assert await asyncio.to_thread(main, [gone.url, "ws://127.0.0.1:9"]) == 1
    assert "refused" in capsys.readouterr().err
