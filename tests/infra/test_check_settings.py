"""The first thing that the emulator runs: is the environment fit to start with?"""

import os
import subprocess
import sys
from collections.abc import Mapping

FIT = {
    "ENVIRONMENT": "development",
    "DATABASE_URL": "postgresql:///hub",
    "REDIS_URL": "redis://localhost",
    "JWT_ACCESS_SECRET": "a",
    "JWT_REFRESH_SECRET": "r",
    "ROOM_TOKEN_SECRET": "t",
    "MANAGEMENT_API_URL": "http://localhost:4000/live",
    "WEBSOCKET_URL": "ws://localhost:4000/ws",
}


def _check(environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "infra.check_settings"],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_fit_environment_passes_in_silence() -> None:
    done = _check(FIT)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_unfit_one_stops_the_start_with_every_problem_named_and_no_value_told() -> None:
    unfit = {**FIT, "PORT": "often", "DATABASE_URL": "mysql://me:hunter2@db"}
    del unfit["ROOM_TOKEN_SECRET"]

    done = _check(unfit)

    assert done.returncode == 1
    assert "PORT: " in done.stderr
    assert "DATABASE_URL: " in done.stderr
    assert "ROOM_TOKEN_SECRET: is missing" in done.stderr
    assert "often" not in done.stderr
    assert "hunter2" not in done.stderr
