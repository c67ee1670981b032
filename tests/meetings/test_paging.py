"""Lists by pages."""

import pytest

from hub_core.kernel.ids import new_id
from hub_core.kernel.paging import Page, cursor, read_cursor


def test_a_cursor_is_where_the_page_ended() -> None:
    id_ = new_id()

    assert read_cursor(cursor(id_)) == id_
    assert id_ not in cursor(id_)


@pytest.mark.parametrize(
    "text", ["", "x", "01M864AMWSH62W54W1BT8HT2AG", "a" * 23, "+" * 22, "ä" * 22, "\n" * 22]
)
def test_what_no_page_gave_is_no_cursor(text: str) -> None:
    with pytest.raises(ValueError, match="is not a cursor"):
        read_cursor(text)


def test_there_is_a_next_page_if_one_more_was_found() -> None:
    ids = [new_id() for _ in range(3)]

    assert Page(3).cut(ids, str) == (ids, None)
    assert Page(2).cut(ids, str) == (ids[:2], cursor(ids[1]))
    assert Page(2).cut([], str) == ([], None)
