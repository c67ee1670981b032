"""Meeting codes: what they look like, how they are read, and that nobody guesses them."""

import random
import re
import secrets
from collections import Counter
from string import ascii_lowercase

import pytest

from hub_core.meetings.codes import new_code, read_code


def test_a_code_is_ten_letters_in_three_groups() -> None:
    assert re.fullmatch(r"[a-z]{3}-[a-z]{4}-[a-z]{3}", new_code())


def test_codes_come_from_the_operating_systems_randomness() -> None:
    """Not from `random`, whose seed a thousand codes give away."""
    random.seed(7)
    one = new_code()
    random.seed(7)

    assert new_code() != one
    assert new_code.__defaults__ == (secrets.choice,)


@pytest.mark.parametrize(
    "typed",
    ["abc-defg-hij", "ABC-DEFG-HIJ", " abc defg hij\n", "abcdefghij", "a-b c–defghij"],
)
def test_a_code_may_be_typed_in_many_ways(typed: str) -> None:
    assert read_code(typed) == "abc-defg-hij"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "abc-defg-hi",
        "abc-defg-hijk",
        "abc-defg-hi1",
        "abc_defg_hij",
        "\u0430bc-defg-hij",
        "\x00" * 9,
    ],
)
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert read_code(typed) is None


def test_reading_a_code_that_was_read_changes_nothing() -> None:
    code = new_code()

    assert read_code(code) == code


def test_in_a_million_codes_none_comes_twice_and_each_letter_as_often_as_any() -> None:
    """Chi-square with 25 degrees of freedom for each of the ten positions.

    A fair source exceeds the bound less than once in 10⁹ columns; one that prefers some letters (a
    byte modulo 26) does at once, as the next test shows.
    """
    count = 1_000_000

    codes = [new_code() for _ in range(count)]

    assert len(set(codes)) == count
    assert all(chi_square(column) < CHI_SQUARE_25 for column in letters(codes))


def test_the_check_sees_a_biased_source() -> None:
    """A byte modulo 26 makes a–v a tenth likelier than w–z."""
    biased = random.Random(1)

    codes = [new_code(lambda letters: letters[biased.randrange(256) % 26]) for _ in range(200_000)]

    assert all(chi_square(column) > CHI_SQUARE_25 for column in letters(codes))


CHI_SQUARE_25 = 100.0


def letters(codes: list[str]) -> list[Counter[str]]:
    """How often each letter stands at each of the ten positions."""
    plain = (code.replace("-", "") for code in codes)
    return [Counter(column) for column in zip(*plain, strict=True)]


def chi_square(column: Counter[str]) -> float:
    """How far the counts are from equal ones."""
    expected = column.total() / len(ascii_lowercase)
    return sum((column[letter] - expected) ** 2 / expected for letter in ascii_lowercase)
