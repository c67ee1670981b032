"""What templates say of layers."""

from pathlib import Path

from tests.local.fleets import Start
from tests.local.fleets import start as start
from tests.local.templates import Read, with_property
from tests.local.templates import read as read

LAYERS = """
  Shared: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: shared}}
  Packed: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: build/packed.zip}}
"""


def test_a_layer_with_its_modules_ready_is_on_the_path(read: Read, tmp_path: Path) -> None:
    (tmp_path / "shared" / "python").mkdir(parents=True)

    template = read(with_property("Layers: [!Ref Shared, !Ref Packed]") + LAYERS)

    function = template.functions["F"]
    assert function.layers == (tmp_path / "shared",)
    assert function.path == (str(tmp_path), str(tmp_path / "shared" / "python"))
    assert template.unsupported == ()


def test_a_layer_of_elsewhere_is_named(read: Read) -> None:
    arn = "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertools:1"

    template = read(with_property(f"Layers: [{arn}, !Ref AWS::NoValue]"))

    assert template.unsupported == (
        f"F: the layer {arn} is not unpacked: install its packages here",
    )


async def test_a_function_imports_from_its_layers(start: Start, tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "of_the_layer.py").write_text(
        "def handler(event, context):\n    return 'from the layer'\n"
    )

    functions = await start("of_the_layer.handler", layers=(tmp_path,))

    assert await functions.result() == "from the layer"
