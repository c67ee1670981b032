"""Run a command on a deployed stack, as `make smoke` does: `python -m infra.bar.outputs STAGE …`.

Appends the stack's three addresses. Region and name of the stack are those in samconfig.toml, and
the credentials are whatever the AWS CLI would take (a profile, SSO, variables): the command finds
them in variables, as a function does.
"""

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import boto3

SAMCONFIG: Final = Path(__file__).parents[2] / "samconfig.toml"


def main(stage: str, *command: str) -> int:
    """The command; the answer is the exit code of the other one."""
    given: dict[str, Any] = tomllib.loads(SAMCONFIG.read_text("utf-8"))[stage]["deploy"]
    region = given["parameters"]["region"]
    session = boto3.Session(region_name=region)
    stacks = session.client("cloudformation").describe_stacks(
        StackName=given["parameters"]["stack_name"]
    )["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stacks[0]["Outputs"]}
    addresses = [outputs[key] for key in ("Api", "Live", "Management")]
    keys = session.get_credentials().get_frozen_credentials()
    environment = {
        **{name: value for name, value in os.environ.items() if name != "AWS_SESSION_TOKEN"},
        "AWS_REGION": region,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        **({"AWS_SESSION_TOKEN": keys.token} if keys.token else {}),
    }
    return subprocess.run([*command, *addresses], env=environment, check=False).returncode  # noqa: S603 (our own command)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
