"""Secrets of a deployed function: a variable holds the name of a secret, and this its value.

Lambda shows a function's variables to everyone who may look at its configuration, so in the cloud
they hold ARNs. A function can read those secrets that its role names, and no others.
"""

import http.client
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

import orjson

from hub_core.adapters.sigv4 import (
    Signatory,
    Signer,
    environment_credentials,
    environment_region,
)

TIMEOUT_SEC: Final = 5.0
_SERVICE: Final = "secretsmanager"


class SecretUnreadable(Exception):
    """Secrets Manager did not answer, or refused; the text says which, and no value."""


def reveal(arn: str, environment: Mapping[str, str] = os.environ) -> str:
    """The value of a secret; of a database's credentials, the URL.

    Raises:
        SecretUnreadable: it could not be read.
    """
    text = _get_secret_value(arn, environment)
    try:
        fields = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return _database_url(fields) if isinstance(fields, dict) else text


def _database_url(fields: Mapping[str, Any]) -> str:
    """As RDS keeps credentials: host, port, dbname, username, password.

    TLS without looking at the certificate: it is of Amazon's own root for RDS, which no bundle of
    Python's holds. What keeps others away is that the address is in a private network.
    """
    user, password = quote(fields["username"], safe=""), quote(fields["password"], safe="")
    place = f"{fields['host']}:{fields['port']}/{fields['dbname']}"
    return f"postgresql://{user}:{password}@{place}?sslmode=require"


def _get_secret_value(arn: str, environment: Mapping[str, str]) -> str:
    payload = orjson.dumps({"SecretId": arn})
    region = environment_region()
    endpoint = urlsplit(_endpoint(region, environment))
    signer = Signer(
        "POST",
        {
            "host": endpoint.netloc,
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": "secretsmanager.GetSecretValue",
        },
        payload,
        Signatory(environment_credentials(), region, datetime.now(UTC)),
        _SERVICE,
    )
    headers = signer.headers | {"authorization": signer.authorization + signer.signature(b"/")}
    secure = endpoint.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(endpoint.netloc, timeout=TIMEOUT_SEC)
    try:
        connection.request("POST", "/", payload, headers)
        response = connection.getresponse()
        answer = orjson.loads(response.read())
    except (OSError, http.client.HTTPException, orjson.JSONDecodeError) as error:
        raise SecretUnreadable(
            f"Secrets Manager does not answer ({type(error).__name__})"
        ) from None
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        kind = str(answer.get("__type", response.status)).rpartition("#")[2]
        raise SecretUnreadable(f"Secrets Manager refuses ({kind})")
    value: str = answer["SecretString"]
    return value


def _endpoint(region: str, environment: Mapping[str, str]) -> str:
    """Where Secrets Manager is, by the variables that the AWS SDKs know.

    In a network without IPv4 to the outside only the dual-stack name leads anywhere.
    """
    if given := environment.get("AWS_ENDPOINT_URL_SECRETS_MANAGER"):
        return given
    dual = environment.get("AWS_USE_DUALSTACK_ENDPOINT", "").lower() == "true"
    return f"https://secretsmanager.{region}.{'api.aws' if dual else 'amazonaws.com'}"
