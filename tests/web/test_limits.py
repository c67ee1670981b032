"""How often a route may be called, and what is said about it."""

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis

from hub_core.adapters.settings import settings
from hub_core.adapters.tokens import AccessClaims, access_tokens
from hub_core.kernel.clock import utc_now
from hub_core.kernel.ids import UserId, new_id
from hub_core.kernel.limits import POLICIES
from hub_core.web.limits import network
from tests.container import Answer, Container
from tests.gateway_events import http_event


def get(container: Container, target: str, **event: Any) -> Answer:
    return container.http("tests.web.limited", http_event("GET", target, **event))


def test_the_quota_may_come_at_once_and_then_no_more(container: Container) -> None:
    answers = [get(container, "/call") for _ in range(4)]

    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    refused = answers[-1]
    assert refused.json["type"] == "request/rate-limited"
    assert 19_000 < refused.json["retryAfterMs"] <= 20_000  # a third of a minute each
    assert refused.headers["retry-after"] == "20"


def test_every_answer_tells_how_the_limits_stand(container: Container) -> None:
    first, *_, refused = [get(container, "/call") for _ in range(4)]

    assert first.headers["ratelimit-policy"] == '"calls";q=3;w=60, "more-calls";q=5;w=60'
    assert first.headers["ratelimit"] == '"calls";r=2;t=20, "more-calls";r=4;t=12'
    assert refused.headers["ratelimit-policy"] == first.headers["ratelimit-policy"]
    assert refused.headers["ratelimit"].startswith('"calls";r=0;t=60, "more-calls";r=2;')


def test_what_one_limit_refuses_costs_the_other_nothing(container: Container) -> None:
    for _ in range(10):
        get(container, "/call", source_ip="192.0.2.1")

    others = [get(container, "/call", source_ip="192.0.2.2").status for _ in range(3)]

    assert others == [200, 200, 429]


def test_one_asks_for_no_more_than_a_round_trip(container: Container, redis_url: str) -> None:
    get(container, "/call")  # the script is loaded, the connection is warm
    with redis.Redis.from_url(redis_url) as client:
        client.config_resetstat()

        get(container, "/call")

        calls = {name: stats["calls"] for name, stats in client.info("commandstats").items()}
    assert calls["cmdstat_evalsha"] == 1
    assert calls.keys() - {"cmdstat_get", "cmdstat_set", "cmdstat_time"} == {
        "cmdstat_evalsha",
        "cmdstat_config|resetstat",
    }


def test_wrong_guesses_are_counted_and_right_ones_given_back(container: Container) -> None:
    words = ["right", "wrong", "right", "right", "wrong", "right", "wrong"]

    statuses = [get(container, f"/guess/ada?word={word}").status for word in words]

    assert statuses == [200, 401, 200, 200, 401, 429, 429]
    assert get(container, "/guess/bob?word=right").status == 200


def test_of_many_guesses_at_once_no_more_pass_than_of_as_many_in_a_row(
    containers: Callable[[int], list[Container]],
) -> None:
    crowd = containers(8)

    with ThreadPoolExecutor(len(crowd)) as pool:
        answers = list(
            pool.map(
                lambda i: get(crowd[i % len(crowd)], "/guess/ada?word=wrong").status, range(80)
            )
        )

    assert Counter(answers) == {401: 2, 429: 78}


def test_a_request_that_does_not_fit_is_no_guess(container: Container) -> None:
    assert [get(container, "/guess/ada").status for _ in range(5)] == [400] * 5


def test_an_account_has_an_allowance_of_its_own_wherever_it_calls_from(
    container: Container,
) -> None:
    ada, bob = token(), token()

    first = [get(container, "/mine", token=ada, source_ip=f"192.0.2.{i}") for i in range(3)]
    second = get(container, "/mine", token=bob)

    assert [answer.status for answer in first] == [200, 200, 429]
    assert second.status == 200


def token() -> str:
    claims = AccessClaims(sub=UserId(new_id()), sid=new_id())
    return access_tokens(settings(), utc_now, new_id).mint(claims)


def test_no_header_moves_a_caller_to_another_network(container: Container) -> None:
    spoofed = [{"x-forwarded-for": f"198.51.100.{i}", "forwarded": f"for={i}"} for i in range(4)]

    answers = [get(container, "/call", headers=headers) for headers in spoofed]

    assert [answer.status for answer in answers] == [200, 200, 200, 429]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("nonsense", "nonsense"),
    ],
)
def test_an_ipv6_customer_has_one_allowance(address: str, expected: str) -> None:
    assert network(address) == expected


def test_load_tests_may_scale_the_limits(
    environment: pytest.MonkeyPatch, container: Container
) -> None:
    environment.setenv("RATE_LIMIT_SCALE", "100")

    answer = get(container, "/call")

    assert answer.headers["ratelimit-policy"] == '"calls";q=300;w=60, "more-calls";q=500;w=60'


def test_however_high_the_scale_what_is_left_is_told(
    container: Container, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("RATE_LIMIT_SCALE", "1e9")
    settings.cache_clear()

    answer = get(container, "/call")

    assert answer.status == 200
    assert answer.headers["ratelimit"].startswith('"calls";r=2999999999;t=1')


def test_redis_holds_no_subject(container: Container, redis_url: str) -> None:
    get(container, "/guess/ada%40example.com?word=wrong")

    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        keys = list(client.scan_iter("*"))

    (key,) = keys
    assert re.fullmatch(r"limit:\{limits\}:wrong:[0-9a-f]{32}", key), "a digest, and no name"


def test_without_redis_nobody_may_guess_and_everybody_may_call(
    environment: pytest.MonkeyPatch, container: Container
) -> None:
    environment.setenv("REDIS_URL", "redis://127.0.0.1:9/0")

    guess, call = get(container, "/guess/ada?word=right"), get(container, "/call")

    assert (guess.status, guess.json["type"]) == (503, "server/unavailable")
    assert guess.headers["retry-after"] == "1"
    assert call.status == 200


def test_no_two_policies_share_a_name() -> None:
    names = [policy.name for policy in POLICIES]

    assert len(set(names)) == len(names) > 10
