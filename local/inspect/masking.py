"""Hides what is secret in what the inspector shows."""

import json
import re
from typing import Any

HIDDEN = "•••"

_WORDS = "token|password|secret|authorization|cookie|signature"
_NAME = re.compile(_WORDS, re.IGNORECASE)
_KEY = rf"[A-Za-z_-]*(?:{_WORDS})[A-Za-z_-]*"
# For text that is no JSON as a whole: a log line, or what was cut off.
_PLAIN = re.compile(rf'("{_KEY}"\s*:\s*)"(?:[^"\\]|\\.)*"?', re.IGNORECASE)
_NESTED = re.compile(rf'(\\"{_KEY}\\"\s*:\s*)\\"(?:[^"\\]|\\\\.)*(?:\\")?', re.IGNORECASE)


def masked(text: str) -> str:
    """JSON without the text values of keys that are named like secrets, however deep.

    Text in which nothing is hidden stays as it is, byte for byte.
    """
    if not _NAME.search(text):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _NESTED.sub(rf'\1\\"{HIDDEN}\\"', _PLAIN.sub(rf'\1"{HIDDEN}"', text))
    hidden = _hide(value)
    if hidden == value:
        return text
    return json.dumps(hidden, ensure_ascii=False, separators=(",", ":"))


def _hide(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _hide_named(name, each) for name, each in value.items()}
    if isinstance(value, list):
        return [_hide(each) for each in value]
    if isinstance(value, str) and value.startswith(("{", "[")):
        return masked(value)
    return value


def _hide_named(name: str, value: Any) -> Any:
    if _NAME.search(name) and isinstance(value, str | list):
        return HIDDEN if isinstance(value, str) else [HIDDEN for _ in value]
    return _hide(value)
