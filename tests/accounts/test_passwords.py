"""Which passwords are taken, and how they are kept."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_core.accounts import passwords
from hub_core.accounts.passwords import (
    LONGEST,
    SHORTEST,
    Hashing,
    UnfitPassword,
    check_new,
    normalized,
)
from hub_core.kernel.errors import Unavailable

CHEAP = Hashing(memory_kib=8, time_cost=1, parallelism=1)


@pytest.mark.parametrize(
    "password",
    ["", "1234567", "é" * 3, "x" * (LONGEST + 1), "é" * (LONGEST // 2 + 1), "\ufdfa" * 300],
)
def test_too_short_or_too_long(password: str) -> None:
    with pytest.raises(UnfitPassword, match="bytes"):
        normalized(password)


@pytest.mark.parametrize("password", ["12345678", "é" * 4, "x" * LONGEST, "correct horse battery"])
def test_just_right(password: str) -> None:
    assert SHORTEST <= len(normalized(password)) <= LONGEST


def test_two_keyboards_type_the_same_password() -> None:
    assert normalized("Ångström-ﬁ") == normalized("A\u030angstro\u0308m-fi")


def test_case_and_spaces_count() -> None:
    assert normalized("Password One") != normalized("password one")
    assert normalized("password one ") != normalized("password one")


@pytest.mark.parametrize("password", ["password", "PASSWORD", "ｐａｓｓｗｏｒｄ", "qwertyuiop"])  # noqa: RUF001
def test_a_common_one_is_not_taken(password: str) -> None:
    with pytest.raises(UnfitPassword, match="too easy"):
        check_new(password)


def test_nor_is_ones_own_name() -> None:
    with pytest.raises(UnfitPassword, match="too easy"):
        check_new("ADA.Lovelace", personal=("ada.lovelace",))


def test_there_are_ten_thousand_common_ones_long_enough_to_be_tried() -> None:
    assert sum(len(one) >= SHORTEST for one in passwords._common()) >= 10_000


@given(st.text(min_size=8, max_size=40))
def test_a_password_matches_its_own_hash_only(password: str) -> None:
    try:
        secret = normalized(password)
    except (UnfitPassword, UnicodeEncodeError):
        return

    kept = CHEAP.hash(secret)

    assert CHEAP.matches(kept, secret)
    assert not CHEAP.matches(kept, secret + b"!")
    assert not CHEAP.matches(None, secret)


def test_one_password_is_kept_differently_each_time() -> None:
    assert CHEAP.hash(b"correct horse") != CHEAP.hash(b"correct horse")


def test_nobody_costs_what_somebody_costs() -> None:
    """The same algorithm with the same costs; only the answer is known beforehand."""
    somebodys, nobodys = CHEAP.hash(b"correct horse"), CHEAP._nobodys

    assert somebodys.split("$")[:4] == nobodys.split("$")[:4]
    assert [len(part) for part in somebodys.split("$")] == [
        len(part) for part in nobodys.split("$")
    ]


def test_other_costs_make_a_hash_outdated() -> None:
    dearer = Hashing(memory_kib=16, time_cost=1, parallelism=1)
    kept = CHEAP.hash(b"correct horse")

    assert dearer.is_outdated(kept)
    assert dearer.matches(kept, b"correct horse")
    assert not CHEAP.is_outdated(kept)


def test_who_waits_too_long_for_a_core_is_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passwords, "_cores", threading.BoundedSemaphore(1))
    monkeypatch.setattr(passwords, "QUEUE_SEC", 0.01)

    with passwords._a_core(), pytest.raises(Unavailable):
        CHEAP.hash(b"correct horse")

    assert CHEAP.hash(b"correct horse")


def test_never_more_hashes_at_a_time_than_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_cores", threading.BoundedSemaphore(2))
    at_once, most = 0, 0
    count = threading.Lock()

    def work() -> None:
        nonlocal at_once, most
        with passwords._a_core():
            with count:
                at_once += 1
                most = max(most, at_once)
            time.sleep(0.005)  # so that the others get a chance to be counted
            with count:
                at_once -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 2
