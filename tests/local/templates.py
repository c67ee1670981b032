"""Templates for the tests of what the emulator reads."""

from collections.abc import Callable
from pathlib import Path

import pytest

from local.model import Template
from local.template import TemplateError, read_template

Read = Callable[..., Template]

FUNCTION = """
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      CodeUri: .
      Handler: module.handler
"""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(resources: str = FUNCTION, head: str = "", **environment: str) -> Template:
        path = tmp_path / "template.yaml"
        path.write_text(f"{head}\nResources:\n{resources}\n")
        return read_template(path, environment=environment)

    return read


def problems(read: Read, *given: str, **environment: str) -> tuple[str, ...]:
    with pytest.raises(TemplateError) as refused:
        read(*given, **environment)
    return refused.value.problems


def with_property(line: str) -> str:
    """The function with one property more, or another."""
    key = line.partition(":")[0]
    kept = (each for each in FUNCTION.split("\n") if not each.strip().startswith(f"{key}:"))
    return "\n".join((*kept, f"      {line}\n"))
