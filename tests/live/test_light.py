"""What the socket functions load when they start cold."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("sqlalchemy", "fastapi", "starlette", "mangum", "boto3", "botocore", "argon2", "httpx")


@pytest.mark.parametrize("name", ["connect", "message", "disconnect"])
def test_a_socket_function_is_light(name: str) -> None:
    script = (
        f"import sys, handlers.socket.{name}\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), 'cryptography' in sys.modules)"
    )

    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )

    # PyJWT loads `cryptography` where it is installed; the bundle of the sockets leaves it out.
    assert result.stdout.startswith("[] ")
