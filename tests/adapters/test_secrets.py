"""Secrets that variables point to, read from a Secrets Manager: moto's."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import psycopg.conninfo
import pytest
from moto.server import ThreadedMotoServer

from hub_core.adapters.secrets import reveal
from hub_core.adapters.settings import SettingsError, read_settings
from hub_core.kernel.ids import new_id
from tests.adapters.listener import listening


@pytest.fixture
def secrets_manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of a Secrets Manager to which the environment leads."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", f"http://{host}:{port}")
    monkeypatch.setenv("SECRETS", "hub-test/")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    yield boto3.client("secretsmanager", region_name="us-east-1")
    server.stop()


def _keep(client: Any, value: str) -> str:
    """Keep a secret under a new name; the name, without what all of a stack begin with."""
    name = new_id()
    client.create_secret(Name=f"hub-test/{name}", SecretString=value)
    return name


def test_secrets_are_read_by_their_names(secrets_manager: Any) -> None:
    one, other = _keep(secrets_manager, "new:0123,old:4567"), _keep(secrets_manager, "89ab")

    assert reveal([one, other]) == {one: "new:0123,old:4567", other: "89ab"}


def test_the_credentials_of_a_database_become_its_url(secrets_manager: Any) -> None:
    fields = {
        "engine": "postgres",
        "host": "hub.cluster-x.eu-central-1.rds.amazonaws.com",
        "port": 5432,
        "dbname": "hub",
        "username": "hub",
        "password": "a/b:c@d e%",
    }
    name = _keep(secrets_manager, json.dumps(fields))

    revealed = reveal([name])[name]
    assert isinstance(revealed, str)
    url = psycopg.conninfo.conninfo_to_dict(revealed)

    assert url["host"] == fields["host"]
    assert url["password"] == "a/b:c@d e%"
    assert url["sslmode"] == "require"


def test_one_that_is_no_setting_is_told_by_what_it_lacks(secrets_manager: Any) -> None:
    made_by_rds = _keep(secrets_manager, json.dumps({"username": "hub", "password": "hunter2"}))
    binary = new_id()
    secrets_manager.create_secret(Name=f"hub-test/{binary}", SecretBinary=b"hunter2")

    revealed = reveal([made_by_rds, binary])

    assert str(revealed[made_by_rds]) == "is JSON without host, port, dbname"
    assert str(revealed[binary]) == "is binary; it has to be text"


def test_one_that_cannot_be_read_does_not_keep_the_others_back(secrets_manager: Any) -> None:
    name = _keep(secrets_manager, "value")

    revealed = reveal(["nowhere", name])

    assert revealed[name] == "value"
    assert str(revealed["nowhere"]) == "Secrets Manager refuses (ResourceNotFoundException)"


async def test_a_secrets_manager_that_is_not_there_is_told(
    secrets_manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening() as gone:
        pass
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", gone.url)

    revealed = reveal(["jwt"])

    assert str(revealed["jwt"]) == "Secrets Manager does not answer (ConnectionRefusedError)"


def test_the_settings_are_read_through_the_pointers_and_a_withheld_key_is_none(
    secrets_manager: Any, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("JWT_ACCESS_SECRET", f"secret://{_keep(secrets_manager, 'k1:' + 'a' * 40)}")
    environment.setenv("JWT_REFRESH_SECRET", "withheld")

    read = read_settings()

    assert [key.kid for key in read.jwt_access_secret] == ["k1"]
    assert read.jwt_refresh_secret == ()


def test_every_secret_that_cannot_be_read_is_told_by_its_variable(
    secrets_manager: Any, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("JWT_ACCESS_SECRET", "secret://nowhere")
    environment.setenv("REDIS_URL", "secret://neither")

    with pytest.raises(SettingsError) as told:
        read_settings()

    refusal = "Secrets Manager refuses (ResourceNotFoundException)"
    assert f"JWT_ACCESS_SECRET: {refusal}" in str(told.value)
    assert f"REDIS_URL: {refusal}" in str(told.value)
