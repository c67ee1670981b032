"""The demo data."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hub_core.accounts.passwords import Hashing
from hub_core.adapters.settings import settings
from tests.meetings.people import World

ROOT = Path(__file__).parents[2]


def run_seed() -> subprocess.CompletedProcess[str]:
    """The command, in the environment of the test."""
    return subprocess.run(
        [sys.executable, "-m", "infra.seed"], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_demo_user_signs_in_and_its_meeting_is_found(world: World) -> None:
    seeded = run_seed()

    assert seeded.returncode == 0, seeded.stderr
    assert "demo@hub.com / password123" in seeded.stdout
    found = re.search(r"[a-z]{3}-[a-z]{4}-[a-z]{3}", seeded.stdout)
    assert found
    code = {"code": found.group()}
    resolved = world.call("meetings.resolve_code", "POST", "/v1/meetings/resolve-code", body=code)
    assert resolved.status == 200
    invites = world.sql("SELECT email, role, status, meeting_id FROM invites")
    assert invites == [
        {
            "email": "guest@hub.com",
            "role": "guest",
            "status": "pending",
            "meeting_id": resolved.json["meetingId"],
        }
    ]
    (user,) = world.sql("SELECT email, password_hash FROM users")
    assert user["email"] == "demo@hub.com"
    assert Hashing.of(settings()).matches(user["password_hash"], b"password123")


def test_a_second_time_changes_nothing_and_says_the_same(world: World) -> None:
    first, second = run_seed(), run_seed()

    assert first.stdout == second.stdout
    counts = world.sql(
        "SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM meetings) AS meetings,"
        " (SELECT count(*) FROM invites) AS invites"
    )
    assert counts == [{"users": 1, "meetings": 1, "invites": 1}]


def test_once_somebody_has_ended_the_meeting_there_is_another(world: World) -> None:
    first = run_seed()
    world.sql("UPDATE meetings SET ended_at = now()")

    second = run_seed()

    assert first.stdout != second.stdout


@pytest.mark.parametrize("environment_name", ["production", None])
def test_production_gets_no_demo_data(
    world: World, environment: pytest.MonkeyPatch, environment_name: str | None
) -> None:
    """Silence is production."""
    if environment_name is None:
        environment.delenv("ENVIRONMENT")
    else:
        environment.setenv("ENVIRONMENT", environment_name)

    refused = run_seed()

    assert (refused.returncode, refused.stdout) == (0, "")
    assert "production" in refused.stderr
    assert world.sql("SELECT id FROM users") == []


def test_a_database_that_is_down_is_one_clear_sentence(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "postgresql://hub:secret-word@127.0.0.1:9/none")

    failed = run_seed()

    assert failed.returncode == 1
    assert failed.stderr.startswith("The database does not answer: ")
    assert "secret-word" not in failed.stderr
    assert "Traceback" not in failed.stderr
