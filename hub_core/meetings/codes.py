"""Meeting codes: `abc-defg-hij`, ten letters that nobody guesses and anyone can read out."""

import re
import secrets
from collections.abc import Callable, Sequence
from string import ascii_lowercase
from typing import Final

GROUPS: Final = (3, 4, 3)
"""Letters between the hyphens: 26¹⁰ codes, 47 bits."""
LONGEST_TYPED: Final = 64
"""More than any way of typing a code has use for."""

_FILLING: Final = re.compile(r"[\s\-\u2010-\u2015]+")
_LETTERS: Final = re.compile(rf"[a-z]{{{sum(GROUPS)}}}")

Choose = Callable[[Sequence[str]], str]
"""Picks one of several, each as likely and none predictable; handed in so that tests can."""


def new_code(choose: Choose = secrets.choice) -> str:
    """A fresh code. Whether it is taken, the unique index of `meetings` tells."""
    return _grouped([choose(ascii_lowercase) for _ in range(sum(GROUPS))])


def read_code(typed: str) -> str | None:
    """The code that somebody typed or pasted: upper case, spaces and missing hyphens are fine.

    None: it cannot be one.
    """
    letters = _FILLING.sub("", typed).lower()
    return _grouped(letters) if _LETTERS.fullmatch(letters) else None


def _grouped(letters: Sequence[str]) -> str:
    left = iter(letters)
    return "-".join("".join(next(left) for _ in range(size)) for size in GROUPS)
