"""The table of mechanisms follows the code; whether their tests miss them, `make mutants` tells."""

from tests.proof.mechanisms import MECHANISMS
from tests.proof.mutants import ROOT, misplaced


def test_every_mechanism_stands_where_the_table_says() -> None:
    assert [(one.name, why) for one in MECHANISMS if (why := misplaced(one))] == []


def test_every_mechanism_names_a_test_that_is_there() -> None:
    missing = [
        one.test
        for one in MECHANISMS
        for path, _, test in [one.test.partition("::")]
        if f"def {test}" not in (ROOT / path).read_text()
    ]

    assert missing == []


def test_there_are_enough_of_them() -> None:
    assert len({one.name for one in MECHANISMS}) == len(MECHANISMS) >= 24
