"""template.yaml as CloudFormation will see it: `python -m infra.bar.transform > build/cfn.json`.

cfn-lint and `sam validate` look at the template before SAM's transform; circles through aliases and
roles, and references to what SAM makes up, show only after it.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

from infra.template import PATH, load


class _Policies(ManagedPolicyLoader):  # type: ignore[misc] # untyped, and in an environment of its own
    """The few managed policies that SAM names itself; the real loader would ask AWS."""

    def __init__(self) -> None:
        super().__init__(None)

    def load(self) -> dict[str, str]:
        """Names to ARNs."""
        names = ("AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole")
        return {name: f"arn:aws:iam::aws:policy/service-role/{name}" for name in names}


def transformed(path: Path = PATH) -> dict[str, Any]:
    """The template after SAM; artefacts stand in a bucket, as they do after packaging."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    template = load(path)
    artefact = {"Bucket": "artefacts", "Key": "code.zip"}
    template["Globals"]["Function"]["CodeUri"] = artefact
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = artefact
        if resource["Type"] == "AWS::CloudFormation::Stack":
            name = Path(resource["Properties"]["TemplateURL"]).name
            resource["Properties"]["TemplateURL"] = f"https://artefacts.s3.amazonaws.com/{name}"
    defaults = {
        name: str(parameter.get("Default", ""))
        for name, parameter in template["Parameters"].items()
    }
    result: dict[str, Any] = transform(template, defaults, _Policies())
    return result


if __name__ == "__main__":
    json.dump(transformed(), sys.stdout, indent=1)
