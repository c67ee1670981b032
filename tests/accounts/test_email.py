"""When two spellings of an address are one."""
# ruff: noqa: RUF001 (look-alikes are what this is about)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_core.accounts.email import LONGEST_ADDRESS, email_address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.com", "ada@example.com"),
        (" ada@example.com\n", "ada@example.com"),
        ("ada@BÜCHER.example", "ada@bücher.example"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@example。com", "ada@example.com"),
        ("ada@ｅｘａｍｐｌｅ.com", "ada@example.com"),
    ],
)
def test_two_spellings_of_one_address(one: str, other: str) -> None:
    assert email_address(one).canonical == email_address(other).canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@example.com", "a.da@example.com"),
        ("ada@example.com", "ada+news@example.com"),
        ("ada@example.com", "ada@example.com.evil"),
        ("ada@strasse.de", "ada@straße.de"),
    ],
)
def test_two_addresses(one: str, other: str) -> None:
    assert email_address(one).canonical != email_address(other).canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@example",
        "ada@@example.com",
        "ada@127.0.0.1",
        "ada@[127.0.0.1]",
        '"ada lovelace"@example.com',
        "ada@example.com\r\nBcc: eve@example.com",
        "ada\x00@example.com",
        "\ud800@example.com",
        "аda@example.com",  # Cyrillic
        "ａda@example.com",  # a fullwidth a
        "ﬁ@example.com",
        "ı@example.com",  # a dotless i
        "İ@example.com",
        "ada\u200d@example.com",
        "a" * 65 + "@example.com",
        "ada@" + "a" * 250 + ".com",
    ],
)
def test_not_an_address(text: str) -> None:
    with pytest.raises(ValueError, match="e-mail address"):
        email_address(text)


def test_the_refusal_does_not_repeat_what_was_written() -> None:
    with pytest.raises(ValueError, match="e-mail") as refusal:
        email_address("hunter2@@example.com")

    assert "hunter2" not in str(refusal.value)
    assert refusal.value.__cause__ is None


DOMAINS = st.sampled_from(
    [
        "example.com",
        "BÜCHER.example",
        "straße.de",
        "ＥＸＡＭＰＬＥ.com",
        "xn--bcher-kva.example",
        "例え.jp",
    ]
)


@given(st.text(min_size=1, max_size=70), DOMAINS)
def test_a_canonical_form_is_its_own(local: str, domain: str) -> None:
    try:
        address = email_address(f"{local}@{domain}")
    except ValueError:
        return

    again = email_address(address.canonical)

    assert again.canonical == address.canonical
    assert address.canonical.isascii()
    assert address.canonical == address.canonical.lower()
    assert len(address.canonical) <= LONGEST_ADDRESS


@given(st.emails(), st.data())
def test_case_makes_no_second_account(text: str, data: st.DataObject) -> None:
    try:
        address = email_address(text)
    except ValueError:
        return
    flips = data.draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))

    other = "".join(c.swapcase() if flip else c for c, flip in zip(text, flips, strict=True))

    assert email_address(other).canonical == address.canonical
