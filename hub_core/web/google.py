"""`Google`: what the route asks for that believes Google."""

from typing import Annotated

import httpx
from fastapi import Depends

from hub_core.accounts.id_tokens import Provider
from hub_core.accounts.provider_keys import ProviderKeys
from hub_core.adapters.runtime import at_close, kept
from hub_core.adapters.settings import settings
from hub_core.kernel.clock import utc_now


@kept
def _keys() -> ProviderKeys:
    """This container's copy of Google's keys. Its client does nothing but fetch them."""
    http = httpx.AsyncClient(follow_redirects=False, trust_env=False)
    at_close(http.aclose)
    return ProviderKeys(settings().google_jwks_url, utc_now, http)


async def _google() -> Provider:
    read = settings()
    return Provider(read.google_issuer, read.google_client_ids, _keys().key, utc_now)


Google = Annotated[Provider, Depends(_google)]
"""Google as an OpenID provider, with our client ids."""
