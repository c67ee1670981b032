"""The faults that the bar is tried with, and the table of who noticed them."""

import re

from infra.bar.faults import FAULTS, JUDGES, ROOT, table

WRITTEN = (ROOT / "infra/bar/faults.md").read_text("utf-8")


def test_the_table_tells_of_every_fault_and_somebody_noticed_each() -> None:
    rows = re.findall(r"(?m)^\| (.+) \| `.+` \| (.*) \|$", WRITTEN)

    noticed = {what: who.split(", ") for what, who in rows}
    assert table(noticed) == WRITTEN
    assert list(noticed) == [fault.what for fault in FAULTS]
    assert {judge for who in noticed.values() for judge in who} <= set(JUDGES)


def test_every_fault_can_still_be_made_and_somebody_known_is_asked_first() -> None:
    for fault in FAULTS:
        assert fault.old in (ROOT / fault.file).read_text("utf-8"), fault.what
        assert fault.first in JUDGES, fault.what
