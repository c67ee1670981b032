"""Which revision of the schema this code needs, known without Alembic."""

from typing import Final

HEAD: Final = "0005"
"""The newest revision in `infra/migrations/versions`; they are numbered, so that they compare."""

CURRENT: Final = "SELECT version_num FROM alembic_version"


def serves(current: str) -> bool:
    """Whether this code runs on a schema of that revision: its own, or a newer one.

    Migrations expand before they contract, so during a roll-out the old code meets the new schema.
    """
    return current >= HEAD
