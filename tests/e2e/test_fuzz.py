"""Five thousand requests that nobody thought of."""

from tests.e2e.fuzz import VARIABLES, fuzz
from tests.emulator import StartEmulator

EXAMPLES = 120
"""Of each route; with the cases that follow from the schema there are more than five thousand."""


def test_no_request_meets_a_defect_or_an_undescribed_answer(start_emulator: StartEmulator) -> None:
    emulator = start_emulator(**VARIABLES)

    outcomes = fuzz(emulator, examples=EXAMPLES, seed=20261124)

    for outcome in outcomes:
        assert outcome.passed, outcome.report[-20_000:]
    assert sum(outcome.cases for outcome in outcomes) >= 5000
