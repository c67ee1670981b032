"""Refresh tokens: who has issued them, what follows from them, what they are worth."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretBytes

from hub_core.accounts.refresh import (
    FAMILY_BYTES,
    GRACE,
    SECRET_BYTES,
    RefreshToken,
    Verdict,
    first,
    judge,
    read,
    successor,
    write,
)
from hub_core.adapters.settings import Key

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
OLD, NEW, FOREIGN = (
    Key(kid=kid, secret=SecretBytes(kid.encode() * 16)) for kid in ("r1", "r2", "xx")
)

FIRSTS = st.builds(
    first,
    family=st.binary(min_size=FAMILY_BYTES, max_size=FAMILY_BYTES),
    secret=st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES),
)


def line(token: RefreshToken, generations: int) -> list[RefreshToken]:
    """A token and those that follow from it."""
    tokens = [token]
    for _ in range(generations):
        tokens.append(successor(tokens[-1], write(tokens[-1], (OLD,)), (OLD,)))
    return tokens


@given(FIRSTS)
def test_what_was_written_can_be_read(token: RefreshToken) -> None:
    assert read(write(token, (OLD,)), (OLD,)) == token
    assert read(write(token, (OLD,)), (NEW, OLD)) == token


@given(FIRSTS)
def test_what_another_key_signed_was_made_up(token: RefreshToken) -> None:
    assert read(write(token, (FOREIGN,)), (NEW, OLD)) is None


@given(FIRSTS, st.data())
def test_a_token_with_one_other_letter_was_made_up(
    token: RefreshToken, data: st.DataObject
) -> None:
    text = write(token, (OLD,))
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(max_codepoint=0x17F).filter(lambda c: c != text[place]))

    other = read(text[:place] + letter + text[place + 1 :], (OLD,))

    # The last letter of base64 has unused bits; what they say is compared as text nevertheless.
    assert other is None


@given(st.text(max_size=300))
def test_any_other_text_was_made_up(text: str) -> None:
    assert read(text, (OLD,)) is None


@given(FIRSTS)
def test_a_retry_gets_the_same_successor(token: RefreshToken) -> None:
    text = write(token, (OLD,))

    assert successor(token, text, (OLD,)) == successor(token, text, (OLD,))


@given(FIRSTS)
def test_a_new_key_between_two_tries_changes_nothing(token: RefreshToken) -> None:
    text = write(token, (OLD,))

    assert successor(token, text, (NEW, OLD)) == successor(token, text, (OLD,))


@given(FIRSTS, st.integers(1, 20))
def test_no_two_of_a_line_are_alike(token: RefreshToken, generations: int) -> None:
    tokens = line(token, generations)

    assert len({one.secret for one in tokens}) == len(tokens)
    assert len({one.hash for one in tokens}) == len(tokens)
    assert [one.generation for one in tokens] == list(range(generations + 1))
    assert {one.family for one in tokens} == {token.family}


@given(FIRSTS, st.integers(2, 8), st.timedeltas(timedelta(0), GRACE))
def test_of_a_line_the_newest_rotates_its_parent_repeats_and_all_others_revoke(
    token: RefreshToken, generations: int, since: timedelta
) -> None:
    *ancestors, parent, newest = line(token, generations)

    def verdict(presented: RefreshToken) -> Verdict:
        return judge(
            presented,
            cur_hash=newest.hash,
            prev_hash=parent.hash,
            rotated_at=NOON,
            now=NOON + since,
        )

    assert verdict(newest) is Verdict.ROTATE
    assert verdict(parent) is Verdict.REPEAT
    assert {verdict(one) for one in ancestors} == {Verdict.REVOKE}


@given(FIRSTS, st.timedeltas(min_value=timedelta(microseconds=1)))
def test_after_the_grace_the_parent_revokes_too(token: RefreshToken, late: timedelta) -> None:
    parent, newest = line(token, 1)
    late = min(late, timedelta(days=30))

    verdict = judge(
        parent,
        cur_hash=newest.hash,
        prev_hash=parent.hash,
        rotated_at=NOON,
        now=NOON + GRACE + late,
    )

    assert verdict is Verdict.REVOKE


def test_a_first_token_has_no_parent() -> None:
    newest = first(family=bytes(FAMILY_BYTES), secret=bytes(SECRET_BYTES))
    stranger = first(family=bytes(FAMILY_BYTES), secret=b"x" * SECRET_BYTES)

    verdict = judge(stranger, cur_hash=newest.hash, prev_hash=None, rotated_at=NOON, now=NOON)

    assert verdict is Verdict.REVOKE


def test_its_secret_is_not_shown() -> None:
    token = first(family=bytes(FAMILY_BYTES), secret=b"x" * SECRET_BYTES)

    assert token.secret not in repr(token)
