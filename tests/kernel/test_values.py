"""The shapes of what crosses a door."""

import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from hub_core.kernel.clock import utc_now
from hub_core.kernel.ids import UlidText, new_id
from hub_core.kernel.values import (
    BIDI_CONTROLS,
    DisplayName,
    Draft,
    Moment,
    Text,
    Title,
    Value,
    epoch_ms,
    rfc3339,
)

NAME, TITLE, TEXT = TypeAdapter(DisplayName), TypeAdapter(Title), TypeAdapter(Text)


class Cup(Value):
    """Something to write in two ways."""

    of_tea: int
    poured_at: Moment | None = None


class CupDraft(Draft):
    """The same, asked for."""

    of_tea: int


def test_names_are_snake_case_here_and_camel_case_there() -> None:
    assert Cup.model_validate({"ofTea": 1}) == Cup(of_tea=1)
    assert Cup(of_tea=1).model_dump(by_alias=True) == {"ofTea": 1, "pouredAt": None}


def test_a_value_does_not_change() -> None:
    with pytest.raises(ValidationError):
        Cup(of_tea=1).of_tea = 2  # type: ignore[misc] # that it is refused is the story


def test_unknown_keys_are_for_newer_servers_in_a_value_and_a_mistake_in_a_draft() -> None:
    assert Cup.model_validate({"ofTea": 1, "sugar": 2}) == Cup(of_tea=1)
    with pytest.raises(ValidationError):
        CupDraft.model_validate({"ofTea": 1, "sugar": 2})


def test_times_go_out_in_utc_with_milliseconds_and_z() -> None:
    berlin = timezone(timedelta(hours=1))
    moment = datetime(2026, 11, 22, 17, 59, 33, 972_999, tzinfo=berlin)

    assert rfc3339(moment) == "2026-11-22T16:59:33.972Z"
    assert Cup(of_tea=1, poured_at=moment).model_dump_json(by_alias=True) == (
        '{"ofTea":1,"pouredAt":"2026-11-22T16:59:33.972Z"}'
    )


def test_times_without_a_zone_do_not_come_in() -> None:
    with pytest.raises(ValidationError):
        Cup.model_validate({"ofTea": 1, "pouredAt": "2026-11-22T16:59:33"})


def test_the_clock_is_no_finer_than_the_wire() -> None:
    now = utc_now()

    assert datetime.fromisoformat(rfc3339(now)) == now


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 (Hypothesis adds the zone)
def test_milliseconds_since_1970_agree_with_the_text(moment: datetime) -> None:
    shown = datetime.fromisoformat(rfc3339(moment))

    assert abs(epoch_ms(moment) - epoch_ms(shown)) <= 1


def test_ids_are_ulids_in_the_order_of_their_making() -> None:
    ids = [new_id() for _ in range(3)]

    assert [TypeAdapter(UlidText).validate_python(id_) for id_ in ids] == ids
    assert len(set(ids)) == 3
    assert ids[0][:8] <= ids[1][:8] <= ids[2][:8]


@pytest.mark.parametrize(
    "text",
    [
        *("", "01JDG0000000000000000000M", "01JDG0000000000000000000MTX"),
        *("01jdg0000000000000000000mt", "81JDG0000000000000000000MT"),
        *("01JDG0000000000000000000MU", "01JDG0000000000000000000MT\n"),
    ],
)
def test_what_only_looks_like_an_id_is_none(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(UlidText).validate_python(text)


@pytest.mark.parametrize(
    "name",
    [
        *("", "   ", "x" * 61, "a\nb", "a\x00", "a\x7f", "a\x85b", "\ud800"),
        *("a\u2028b", "a\u2029b"),
        *("\u200b", "\u200d\u200d", "\u3164", "\u2800 \u2800", "\u0301"),
        *(f"a{control}" for control in sorted(BIDI_CONTROLS)),
    ],
)
def test_a_name_that_cannot_be_seen_or_that_misleads_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        NAME.validate_python(name)


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("  Ann ", "Ann"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("x" * 60, "x" * 60),
        ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
        ("\U0001f469\u200d\U0001f680", "\U0001f469\u200d\U0001f680"),
        ("<b>O'Neil</b>", "<b>O'Neil</b>"),
    ],
)
def test_a_name_is_kept_as_it_was_written_in_nfc(given_: str, kept: str) -> None:
    assert NAME.validate_python(given_) == kept


def test_a_name_is_measured_as_it_is_kept() -> None:
    grows = "\u0958"  # NFC writes it with two characters

    assert len(NAME.validate_python(grows * 30)) == 60
    with pytest.raises(ValidationError):
        NAME.validate_python(grows * 31)
    with pytest.raises(ValidationError):
        TITLE.validate_python(grows * 128)


@given(st.text())
def test_text_that_passes_is_what_postgresql_can_store_and_stays_as_it_is(text: str) -> None:
    try:
        kept = TEXT.validate_python(text)
    except ValidationError:
        assert "\x00" in text
        return
    assert kept == unicodedata.normalize("NFC", text)
    assert TEXT.validate_python(kept) == kept


@given(st.text(st.characters(exclude_categories=[])))
def test_no_title_is_anything_but_a_title_or_an_error(text: str) -> None:
    try:
        title = TITLE.validate_python(text)
    except ValidationError:
        return
    assert 1 <= len(title) <= 255
    assert TITLE.validate_python(title) == title
    title.encode()
