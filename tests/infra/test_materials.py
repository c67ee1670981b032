"""Bills of materials: whatever a layer holds stands in one."""

import json
import re

from infra.bar.__main__ import ROOT, unlisted
from infra.bundle import LAYERS, pinned
from infra.template import load


def test_every_layer_of_the_template_is_made_and_billed() -> None:
    layers = {
        resource["Properties"]["ContentUri"]
        for resource in load()["Resources"].values()
        if resource["Type"] == "AWS::Serverless::LayerVersion"
    }

    assert layers == {f"build/{group}.zip" for group in LAYERS}


def test_a_package_that_is_not_billed_is_named_and_so_is_one_of_another_version() -> None:
    pins = pinned("google")
    bill = [{"name": name, "version": version} for name, version in pins.items()]
    short = [one for one in bill if one["name"] != "cryptography"]
    older = [one | {"version": "1.0"} if one["name"] == "httpx" else one for one in bill]

    assert unlisted(json.dumps({"components": bill}), pins) == []
    assert unlisted(json.dumps({"components": short}), pins) == [
        f"cryptography {pins['cryptography']}"
    ]
    assert unlisted(json.dumps({"components": older}), pins) == [
        f"httpx {version}" for version in sorted([pins["httpx"], "1.0"])
    ]


def test_the_lock_of_a_layer_is_read_whole() -> None:
    for group in LAYERS:
        lock = (ROOT / "requirements" / f"{group}.txt").read_text("utf-8")

        assert list(pinned(group)) == re.findall(r"(?m)^([^\s=#]+)==", lock)
