"""How many passwords may be tried, and that nobody is locked out of their own account."""

from tests.container import Answer, Container
from tests.handlers.accounts.client import ADA, log_in, register


def device(answer: Answer) -> dict[str, str]:
    """The header by which a browser shows that it was here before."""
    [cookie] = [one for one in answer.cookies if one.startswith("__Host-hub_device_")]
    return {"cookie": cookie.partition(";")[0]}


def besiege(container: Container) -> list[int]:
    """Wrong passwords from so many networks that every allowance of strangers is used up."""
    return [
        log_in(container, password="wrong horse", source_ip=f"198.51.100.{i}").status
        for i in range(40)
    ]


def test_one_network_has_ten_tries(container: Container) -> None:
    register(container)

    answers = [log_in(container, password=f"wrong {i:04}") for i in range(12)]

    assert [answer.status for answer in answers] == [401] * 10 + [429] * 2
    assert answers[-1].json["type"] == "request/rate-limited"
    assert int(answers[-1].headers["retry-after"]) <= 90
    assert log_in(container, source_ip="192.0.2.2").status == 200


def test_all_networks_together_have_thirty(container: Container) -> None:
    register(container)

    assert besiege(container) == [401] * 30 + [429] * 10


def test_a_device_that_was_here_before_does_not_notice_the_siege(container: Container) -> None:
    known = device(register(container))
    besiege(container)

    assert log_in(container, source_ip="192.0.2.7").status == 429
    assert log_in(container, source_ip="192.0.2.7", headers=known).status == 200


def test_a_known_device_has_ten_tries_too(container: Container) -> None:
    known = device(register(container))

    answers = [
        log_in(container, password=f"wrong {i:04}", source_ip=f"192.0.2.{i}", headers=known).status
        for i in range(12)
    ]

    assert answers == [401] * 10 + [429] * 2
    assert log_in(container).status == 200


def test_a_device_is_known_to_the_accounts_that_signed_in_on_it_alone(
    container: Container,
) -> None:
    bobs = device(register(container, email="bob@example.com"))
    adas = device(register(container))
    besiege(container)
    forged = {"cookie": adas["cookie"][:-4] + "0000"}
    foreign = {"cookie": adas["cookie"].partition("=")[0] + "=" + bobs["cookie"].partition("=")[2]}

    assert log_in(container, source_ip="192.0.2.7", headers=bobs).status == 429
    assert log_in(container, source_ip="192.0.2.7", headers=forged).status == 429
    assert log_in(container, source_ip="192.0.2.7", headers=foreign).status == 429
    assert log_in(container, source_ip="192.0.2.7", headers=adas).status == 200


def test_two_people_on_one_device_do_not_make_each_other_strangers(container: Container) -> None:
    both = "; ".join(
        device(register(container, email=email))["cookie"]
        for email in (ADA["email"], "bob@example.com")
    )
    besiege(container)

    for email in (ADA["email"], "bob@example.com"):
        answer = log_in(container, email=email, headers={"cookie": both}, source_ip="192.0.2.7")
        assert (answer.status, answer.cookies) == (200, ())


def test_the_cookie_is_for_this_host_and_no_script(container: Container) -> None:
    [cookie] = register(container).cookies

    name, *attributes = cookie.split("; ")
    assert name.startswith("__Host-hub_device_")
    assert {one.lower() for one in attributes} == {
        "httponly",
        "max-age=34560000",
        "path=/",
        "samesite=strict",
        "secure",
    }


def test_an_address_without_an_account_is_besieged_in_vain_the_same_way(
    container: Container,
) -> None:
    assert besiege(container) == [401] * 30 + [429] * 10


def test_registering_tells_only_so_often_that_an_address_is_taken(container: Container) -> None:
    register(container)

    answers = [register(container).status for _ in range(12)]

    assert answers == [409] * 10 + [429] * 2
