"""Secrets that variables point to, read from a Secrets Manager: moto's."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import psycopg.conninfo
import pytest
from moto.server import ThreadedMotoServer

from hub_core.adapters.secrets import SecretUnreadable, reveal
from hub_core.adapters.settings import POINTER, SettingsError, read_settings
from hub_core.kernel.ids import new_id
from tests.adapters.listener import listening, response


@pytest.fixture
def secrets_manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of a Secrets Manager to which the environment leads."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    yield boto3.client("secretsmanager", region_name="us-east-1")
    server.stop()


def _keep(client: Any, name: str, value: str) -> str:
    arn: str = client.create_secret(Name=f"{name}-{new_id()}", SecretString=value)["ARN"]
    return arn


def test_a_secret_is_read_by_its_arn(secrets_manager: Any) -> None:
    arn = _keep(secrets_manager, "jwt", "new:0123,old:4567")

    assert arn.startswith(POINTER)
    assert reveal(arn) == "new:0123,old:4567"


def test_the_credentials_of_a_database_become_its_url(secrets_manager: Any) -> None:
    fields = {
        "engine": "postgres",
        "host": "hub.cluster-x.eu-central-1.rds.amazonaws.com",
        "port": 5432,
        "dbname": "hub",
        "username": "hub",
        "password": "a/b:c@d e%",
    }
    arn = _keep(secrets_manager, "database", json.dumps(fields))

    url = psycopg.conninfo.conninfo_to_dict(reveal(arn))

    assert url["host"] == fields["host"]
    assert url["password"] == "a/b:c@d e%"
    assert url["sslmode"] == "require"


def test_a_secret_that_is_not_there_is_told_by_its_variable_and_not_by_its_arn(
    secrets_manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = _keep(secrets_manager, "jwt", "x").replace("jwt", "other")
    monkeypatch.setenv("JWT_ACCESS_SECRET", arn)

    with pytest.raises(SettingsError) as told:
        read_settings()

    assert "JWT_ACCESS_SECRET: Secrets Manager refuses (ResourceNotFoundException)" in str(
        told.value
    )
    assert arn not in str(told.value)


async def test_a_secrets_manager_that_does_not_speak_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    async with listening(lambda _: response(200, body="?")) as gone:
        pass
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", gone.url)

    with pytest.raises(SecretUnreadable, match="does not answer"):
        reveal("arn:aws:secretsmanager:us-east-1:123456789012:secret:jwt")


def test_the_settings_are_read_through_the_pointers_and_a_withheld_key_is_none(
    secrets_manager: Any, environment: pytest.MonkeyPatch
) -> None:
    arn = _keep(secrets_manager, "jwt", "k1:" + "a" * 40)
    environment.setenv("JWT_ACCESS_SECRET", arn)
    environment.setenv("JWT_REFRESH_SECRET", "withheld")

    read = read_settings()

    assert [key.kid for key in read.jwt_access_secret] == ["k1"]
    assert read.jwt_refresh_secret == ()
