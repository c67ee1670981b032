"""`PasswordHashing`: what a route asks for that takes passwords. Apart, for argon2 takes time."""

from typing import Annotated

from fastapi import Depends

from hub_core.accounts.passwords import Hashing
from hub_core.adapters.settings import settings


async def _hashing() -> Hashing:
    return Hashing.of(settings())


PasswordHashing = Annotated[Hashing, Depends(_hashing)]
"""argon2id with the costs of the settings."""
