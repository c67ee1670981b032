"""Secrets of a deployed function: a variable holds the name of a secret, and this its value.

Lambda shows a function's variables to everyone who may look at its configuration, so in the cloud
they hold `secret://name`. A function can read those secrets that its role names, and no others.
"""

import http.client
import os
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

import orjson

from hub_core.adapters.aws import service_url
from hub_core.adapters.sigv4 import (
    Signatory,
    Signer,
    environment_credentials,
    environment_region,
)

PREFIX: Final = "SECRETS"
"""The variable that says what the names of this stack's secrets begin with: `hub-production/`."""
TIMEOUT_SEC: Final = 5.0
_SERVICE: Final = "secretsmanager"
_OF_A_DATABASE: Final = ("host", "port", "dbname", "username", "password")


class SecretUnreadable(Exception):
    """Secrets Manager did not answer or refused, or it is no setting; the text has no value."""


def reveal(
    names: Iterable[str], environment: Mapping[str, str] = os.environ
) -> dict[str, str | SecretUnreadable]:
    """The values of secrets by their names, or why there is none; of a database's, the URL."""
    endpoint = urlsplit(service_url(_SERVICE, environment_region(), environment))
    secure = endpoint.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    revealed: dict[str, str | SecretUnreadable] = {}
    with closing(connect(endpoint.netloc, timeout=TIMEOUT_SEC)) as connection:
        for name in names:
            try:
                text = _get_secret_value(connection, environment.get(PREFIX, "") + name)
                revealed[name] = _as_setting(text)
            except SecretUnreadable as error:
                revealed[name] = error
    return revealed


def _as_setting(text: str) -> str:
    try:
        fields = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return _database_url(fields) if isinstance(fields, dict) else text


def _database_url(fields: Mapping[str, Any]) -> str:
    """As RDS keeps credentials: host, port, dbname, username, password.

    TLS without looking at the certificate: it is of Amazon's own root for RDS, which no bundle of
    Python's holds. What keeps others away is that the address is in a private network.

    Raises:
        SecretUnreadable: something is missing. What RDS itself makes for a master user names
            neither host nor database.
    """
    if missing := [name for name in _OF_A_DATABASE if name not in fields]:
        raise SecretUnreadable(f"is JSON without {', '.join(missing)}")
    user, password = quote(fields["username"], safe=""), quote(fields["password"], safe="")
    place = f"{fields['host']}:{fields['port']}/{fields['dbname']}"
    return f"postgresql://{user}:{password}@{place}?sslmode=require"


def _get_secret_value(connection: http.client.HTTPConnection, secret_id: str) -> str:
    payload = orjson.dumps({"SecretId": secret_id})
    signer = Signer(
        "POST",
        {
            "host": f"{connection.host}:{connection.port}"
            if connection.port != connection.default_port
            else connection.host,
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": "secretsmanager.GetSecretValue",
        },
        payload,
        Signatory(environment_credentials(), environment_region(), datetime.now(UTC)),
        _SERVICE,
    )
    headers = signer.headers | {"authorization": signer.authorization + signer.signature(b"/")}
    try:
        connection.request("POST", "/", payload, headers)
        response = connection.getresponse()
        answer = orjson.loads(response.read())
    except (OSError, http.client.HTTPException, orjson.JSONDecodeError) as error:
        connection.close()
        raise SecretUnreadable(
            f"Secrets Manager does not answer ({type(error).__name__})"
        ) from None
    if response.status != http.HTTPStatus.OK:
        kind = str(answer.get("__type", response.status)).rpartition("#")[2]
        raise SecretUnreadable(f"Secrets Manager refuses ({kind})")
    value = answer.get("SecretString")
    if not isinstance(value, str):
        raise SecretUnreadable("is binary; it has to be text")
    return value
