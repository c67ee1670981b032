"""What `make smoke` is told of a deployed stack."""

import sys
import tomllib
from types import SimpleNamespace
from typing import Any

import pytest

from infra.bar import outputs

SHOW = """
import os, sys
print(sys.argv[1:], *map(os.environ.get, ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"]))
"""


class _Session:
    """As boto3's, with what a profile holds."""

    def __init__(self, region_name: str) -> None:
        self.region_name = region_name

    def client(self, _service: str) -> "_Session":
        return self

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 (AWS's name)
        values = {"Api": "https://a", "Live": "wss://l", "Management": "https://m", "Other": "x"}
        told = values.items()
        listed = [{"OutputKey": key, "OutputValue": f"{one}.{StackName}"} for key, one in told]
        return {"Stacks": [{"Outputs": listed}]}

    def get_credentials(self) -> "_Session":
        return self

    def get_frozen_credentials(self) -> SimpleNamespace:
        return SimpleNamespace(access_key="AKIA", secret_key="of a profile", token=None)


def test_smoke_finds_the_stack_of_samconfig_and_the_credentials_of_a_profile(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    given = tomllib.loads(outputs.SAMCONFIG.read_text("utf-8"))["staging"]["deploy"]["parameters"]
    monkeypatch.setattr("boto3.Session", _Session)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of somebody else")
    monkeypatch.delenv("AWS_REGION", raising=False)

    code = outputs.main("staging", sys.executable, "-c", SHOW)

    assert code == 0
    addresses = [f"{one}.{given['stack_name']}" for one in ("https://a", "wss://l", "https://m")]
    assert capfd.readouterr().out == f"{addresses} {given['region']} AKIA None\n"
