"""The rate limits as a page to read."""

from pathlib import Path

from hub_core.kernel.limits import POLICIES
from infra.limits import page

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_table_says() -> None:
    assert (ROOT / "docs" / "limits.md").read_text("utf-8") == page(), "make docs"


def test_every_limit_has_its_row() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `")]

    assert len(rows) == len(POLICIES)
    assert "| `sign-in-failed-here` 🔒 | 10 | 15 minutes |" in page()
    assert "| `invites-address` | 10 | day |" in page()
