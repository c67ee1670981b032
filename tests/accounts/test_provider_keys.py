"""How long the keys of a provider are kept, and what happens when it does not answer."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from hub_core.accounts.provider_keys import ProviderKeys
from hub_core.kernel.errors import Unavailable
from tests.accounts.oidc import OpenIdProvider, open_id_provider

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    with open_id_provider() as started:
        yield started


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def keys(provider: OpenIdProvider, watch: Watch) -> AsyncIterator[ProviderKeys]:
    async with httpx.AsyncClient(trust_env=False) as http:
        yield ProviderKeys(provider.jwks_url, watch, http)


async def test_they_are_kept_for_as_long_as_the_provider_says(
    provider: OpenIdProvider, watch: Watch, keys: ProviderKeys
) -> None:
    await keys.key("k1")
    watch.wait(seconds=3599)
    assert await keys.key("k1")
    assert provider.fetches == 1

    watch.wait(seconds=1)
    assert await keys.key("k1")

    assert provider.fetches == 2


@pytest.mark.parametrize(
    ("said", "minutes"),
    [("", 5), ("no-store", 5), ("max-age=1", 5), ("max-age=999999999", 24 * 60)],
)
async def test_but_neither_too_shortly_nor_for_ever(
    provider: OpenIdProvider, watch: Watch, keys: ProviderKeys, said: str, minutes: int
) -> None:
    provider.cache_control = said
    await keys.key("k1")

    watch.wait(minutes=minutes, seconds=-1)
    await keys.key("k1")
    assert provider.fetches == 1
    watch.wait(seconds=1)
    await keys.key("k1")

    assert provider.fetches == 2


async def test_a_new_key_is_found_within_a_minute(
    provider: OpenIdProvider, watch: Watch, keys: ProviderKeys
) -> None:
    await keys.key("k1")
    provider.rotate("k2")

    assert await keys.key("k2") is None
    watch.wait(minutes=1)
    assert await keys.key("k2")
    assert await keys.key("k1") is None

    assert provider.fetches == 2


async def test_a_day_without_the_provider_can_be_lived_through(
    provider: OpenIdProvider, watch: Watch, keys: ProviderKeys
) -> None:
    await keys.key("k1")
    provider.status = 500

    watch.wait(hours=24)
    assert await keys.key("k1")
    assert await keys.key("k9") is None
    watch.wait(hours=1, seconds=1)
    with pytest.raises(Unavailable):
        await keys.key("k1")

    provider.status = 200
    watch.wait(minutes=1)
    assert await keys.key("k1")


async def test_a_provider_that_is_down_is_asked_once_a_minute(
    provider: OpenIdProvider, watch: Watch, keys: ProviderKeys
) -> None:
    await keys.key("k1")
    provider.status = 500
    watch.wait(hours=2)

    for _ in range(10):
        assert await keys.key("k1")

    assert provider.fetches == 2
