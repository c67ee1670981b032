"""The layers of functions: folders of a template with modules that several functions share."""

from collections.abc import Mapping
from pathlib import Path

from local.cloudformation.resource import Resource


def layer_folder(layer: Resource, folder: Path) -> Path | None:
    """Where a layer's `python/` is; None if its content is yet to be built, or packed."""
    uri = layer.raw("ContentUri")
    if not isinstance(uri, str) or not (folder / uri / "python").is_dir():
        return None
    return (folder / uri).resolve()


def read_layers(function: Resource, layers: Mapping[str, Path | None]) -> tuple[Path, ...]:
    """The folders of a function's layers; one that is not of the template is named."""
    listed = function.raw("Layers")
    entries = dict(enumerate(listed)) if isinstance(listed, list) else {}
    part = function.part("Layers", {"entries": {str(at): each for at, each in entries.items()}})
    chosen = part.mapping("entries")
    section = function.part("Layers", chosen)
    found: list[Path] = []
    for at in chosen:
        arn = section.variable(at)
        name = arn.rpartition(":layer:")[2].partition(":")[0]
        if name not in layers:
            function.unsupported(f"the layer {arn} is not unpacked: install its packages here")
        elif path := layers[name]:
            found.append(path)
    return tuple(found)
