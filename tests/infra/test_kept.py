"""What the bar keeps between its runs."""

from pathlib import Path

import pytest

from infra.bar.kept import kept


def test_the_same_ingredients_are_made_into_something_once(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(into: Path) -> None:
        made.append(into)
        into.write_text("layer")

    first = kept("socket.zip", "lock 1", make, tmp_path)
    again = kept("socket.zip", "lock 1", make, tmp_path)

    assert first == again
    assert first.read_text() == "layer"
    assert len(made) == 1


def test_other_ingredients_take_the_place_of_what_was_kept(tmp_path: Path) -> None:
    old = kept("socket", "lock 1", lambda into: into.mkdir(), tmp_path)

    new = kept("socket", "lock 2", lambda into: into.mkdir(), tmp_path)

    assert new.is_dir()
    assert not old.exists()


def test_what_failed_half_way_is_not_taken_for_whole_the_next_time(tmp_path: Path) -> None:
    def fail(into: Path) -> None:
        into.write_text("half")
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        kept("socket.zip", "lock 1", fail, tmp_path)
    whole = kept("socket.zip", "lock 1", lambda into: into.write_text("whole"), tmp_path)

    assert whole.read_text() == "whole"
