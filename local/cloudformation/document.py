"""Reads a template's YAML: the short tags of CloudFormation, no duplicate keys, dates as text."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

_SHORT_TAGS_TO_LISTS = {"Fn::GetAtt"}
_PLAIN_NAMES = {"Ref", "Condition"}


class DocumentError(Exception):
    """The file cannot be read as a template."""


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with CloudFormation's rules."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None,
                        None,
                        f"the key {key.value!r} stands here a second time",
                        key.start_mark,
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _short_tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    """`!Sub x` is `{"Fn::Sub": x}`; `!GetAtt A.B.C` is `{"Fn::GetAtt": ["A", "B.C"]}`."""
    name = suffix if suffix in _PLAIN_NAMES else f"Fn::{suffix}"
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if name in _SHORT_TAGS_TO_LISTS:
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


_Loader.add_multi_constructor("!", _short_tag)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _text)


def load(path: Path) -> dict[str, Any]:
    """The template as plain dicts and lists, every intrinsic function in its long form.

    Raises:
        DocumentError: It is not there, is no YAML, has a duplicate key, or is no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DocumentError(f"There is no template at {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"{path} cannot be read: {error}") from None
    try:
        # The loader below is the safe one with harmless tags.
        document = yaml.load(text, _Loader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise DocumentError(f"{path}{line}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise DocumentError(f"{path} is no YAML: {error}") from None
    if not isinstance(document, dict):
        raise DocumentError(f"{path} holds no template: it has no `Resources`")
    return document
