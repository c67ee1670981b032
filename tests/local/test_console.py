"""What a developer reads while the emulator runs."""

import io
import time
from collections.abc import Callable

import pytest

from local.console import Console
from local.gateway.observer import Frame, Invocation, Observation, Struck

NOON = time.struct_time((2026, 11, 24, 12, 0, 0, 1, 328, 0))


def an_invocation(**changes: object) -> Invocation:
    usual = {
        "route": "GET /v1/me",
        "function": "Me",
        "status": 200,
        "milliseconds": 12.34,
        "cold": False,
        "request_id": "SpEIxi9MoAMEMXw=",
    }
    return Invocation(**{**usual, **changes})  # type: ignore[arg-type]  # by name


def written(tell: Callable[[Console], None], *, color: bool = False) -> list[str]:
    """The lines of a console that is told something and closed."""
    out = io.StringIO()
    console = Console(out, color=color, clock=lambda: NOON)
    tell(console)
    console.close()
    return out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("told", "parts"),
    [
        (an_invocation(), ["12:00:00", "200", "GET /v1/me", "12.3 ms", "warm", "SpEIxi9MoAMEMXw="]),
        (an_invocation(cold=True), ["cold"]),
        (an_invocation(status=None, route="$default"), ["ok", "$default"]),
        (an_invocation(status=None, error="ValueError: no"), ["error"]),
        (Struck("post.gone", 3, 42, 0.0, "abc="), ["post.gone (seed 42, chance 3)", "abc="]),
        (Struck("message.delay", 1, 42, 0.25, "abc="), ["chance 1, 0.25)"]),
    ],
)
def test_one_line_says_what_happened(told: Observation, parts: list[str]) -> None:
    line, *_ = written(lambda console: console.observe(told))

    assert all(part in line for part in parts), line


def test_a_failure_has_its_error_on_a_line_of_its_own() -> None:
    told = an_invocation(status=500, error="ValueError: no")

    _, error = written(lambda console: console.observe(told))

    assert error.strip() == "ValueError: no"


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        (an_invocation(route="GET /health/ready"), 0),
        (an_invocation(route="GET /health/ready", status=503), 1),
        (Frame("in", "abc=", "secret words"), 0),
    ],
)
def test_what_is_of_no_interest_is_not_written(told: Observation, lines: int) -> None:
    assert len(written(lambda console: console.observe(told))) == lines


def test_colours_are_for_terminals() -> None:
    def tell(console: Console) -> None:
        console.observe(an_invocation(status=500))

    assert "\x1b[" in written(tell, color=True)[0]
    assert "\x1b[" not in written(tell)[0]


def test_a_reader_that_has_gone_stops_nobody() -> None:
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    console = Console(Gone(), color=False)

    console.line("nobody reads this")
    console.close()
