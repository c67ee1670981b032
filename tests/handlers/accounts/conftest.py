"""Google, for the tests of the accounts."""

from collections.abc import Iterator

import pytest

from tests.accounts.oidc import CLIENT_ID, OpenIdProvider, open_id_provider


@pytest.fixture
def provider(environment: pytest.MonkeyPatch) -> Iterator[OpenIdProvider]:
    """Google, for this test."""
    with open_id_provider() as started:
        environment.setenv("GOOGLE_ISSUER", started.issuer)
        environment.setenv("GOOGLE_JWKS_URL", started.jwks_url)
        environment.setenv("GOOGLE_CLIENT_IDS", f"ios.apps.example,{CLIENT_ID}")
        environment.setenv("RATE_LIMIT_SCALE", "100")
        yield started
