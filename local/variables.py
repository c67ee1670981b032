"""What functions and preparing steps find in their environment on this machine."""

import os
import secrets
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from local.addresses import Addresses
from local.gateway.sigv4 import Credentials
from local.model import Template
from local.services.keyring import Keyring

DATABASE_URL, REDIS_URL, AWS_ENDPOINT_URL = "DATABASE_URL", "REDIS_URL", "AWS_ENDPOINT_URL"
"""Where data stores and AWS's services are; the last is what every AWS SDK reads."""

_OF_THIS_MACHINE = ("HOME", "LANG", "PATH", "TMPDIR", "TZ")
"""What a preparing step, which is no function, also gets of the emulator's environment."""


def local_credentials(keyring: Keyring, region: str) -> Credentials:
    """The key pair of the functions' role, made up once for each data folder.

    Never the developer's own: nothing that runs here may reach a real account.
    """
    return Credentials(
        access_key=keyring.secret("aws.access_key", _access_key),
        secret_key=keyring.secret("aws.secret_key"),
        session_token=keyring.secret("aws.session_token"),
        region=region,
    )


def _access_key() -> str:
    return "LOCAL" + b32encode(secrets.token_bytes(10)).decode()[:15]


def shared_variables(
    template: Template,
    environment: Mapping[str, str],
    urls: Mapping[str, str],
    keyring: Keyring,
    data: Path,
) -> dict[str, str]:
    """Data stores, secrets and folders: what two emulators have in common that are one system."""
    secrets = {
        name: environment.get(name) or keyring.secret(name) for name in template.local.secrets
    }
    folders = {
        name: environment.get(name) or str(data / folder)
        for name, folder in template.local.folders.items()
    }
    return {**urls, **secrets, **folders}


def sdk_variables(
    credentials: Credentials, urls: Mapping[str, str], management: str
) -> dict[str, str]:
    """What AWS's SDKs look for in every function: credentials, and where services are."""
    variables = {
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_SESSION_TOKEN": credentials.session_token or "",
        "AWS_REGION": credentials.region,
        "AWS_DEFAULT_REGION": credentials.region,
    }
    if management:
        variables["AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"] = management
    if urls.get(AWS_ENDPOINT_URL):
        variables[AWS_ENDPOINT_URL] = urls[AWS_ENDPOINT_URL]
    return variables


def with_variables(template: Template, shared: Mapping[str, str], addresses: Addresses) -> Template:
    """The template with every declared variable as it is here; none is added."""
    functions = {
        name: replace(
            function,
            environment={
                key: shared.get(key) or addresses.localised(value)
                for key, value in function.environment.items()
            },
        )
        for name, function in template.functions.items()
    }
    return replace(template, functions=functions)


def step_environment(template: Template, extra: Mapping[str, str]) -> dict[str, str]:
    """What a preparing step gets: the variables of all functions together."""
    environment = {name: os.environ[name] for name in _OF_THIS_MACHINE if name in os.environ}
    for function in template.functions.values():
        environment |= {"PYTHONPATH": str(function.code)} | dict(function.environment)
    return environment | dict(extra)
